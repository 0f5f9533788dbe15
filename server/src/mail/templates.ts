/** The mails that Heed sends: their ids as the public API has them, what is put in, and how long each is of use. */

interface Definition {
  /** For those who write their own. */
  about: string
  /** Every mail of this kind must be given these. */
  parameters: readonly string[]
  /** The parameter that is the address to go on at. */
  link: string
  /** Not sent later than this after it was asked for. */
  usefulSeconds: number
}

const MINUTES = 60
const DAYS = 86_400

export const templates = {
  message: { about: 'a link that signs in', parameters: ['url'], link: 'url', usefulSeconds: 15 * MINUTES },
  otp: {
    about: 'a code that signs in',
    parameters: ['code', 'url'],
    link: 'url',
    usefulSeconds: 5 * MINUTES,
  },
  'validation-double-optin': {
    about: 'a choice that waits for the person’s confirmation',
    parameters: ['list', 'url'],
    link: 'url',
    usefulSeconds: 3 * DAYS,
  },
  'validation-double-optin-reminder': {
    about: 'it still waits',
    parameters: ['list', 'url'],
    link: 'url',
    usefulSeconds: 3 * DAYS,
  },
  'confirm-consent-changed': {
    about: 'a receipt of what was chosen',
    parameters: ['list', 'url'],
    link: 'url',
    usefulSeconds: 3 * DAYS,
  },
  'consents-user-created': {
    about: 'a welcome to somebody new',
    parameters: ['privacy_center_url'],
    link: 'privacy_center_url',
    usefulSeconds: 3 * DAYS,
  },
  'validation-approval-file': {
    about: 'to an approver: a consent with a file as its proof',
    parameters: ['validation_approve_url'],
    link: 'validation_approve_url',
    usefulSeconds: 3 * DAYS,
  },
  'validation-approval-signature': {
    about: 'to an approver: a consent with a signature as its proof',
    parameters: ['validation_approve_url'],
    link: 'validation_approve_url',
    usefulSeconds: 3 * DAYS,
  },
} as const satisfies Record<string, Definition>

export type TemplateId = keyof typeof templates
export const templateIds = Object.keys(templates) as [TemplateId, ...TemplateId[]]

/** Known in every mail, without being given. */
const ALWAYS = 'organization_name'

export const parametersOf = (id: TemplateId): readonly string[] => templates[id].parameters
/** What a template of this kind may name. */
export const placeholdersOf = (id: TemplateId): readonly string[] => [...parametersOf(id), ALWAYS]
