/**
 * The two ways to show that a mailbox is one's own: a code, or a link. Neither asks whether anybody has the address, so
 * that nobody can learn it: each address gets the same answer for the same work.
 */
import { sql } from 'kysely'
import type { OrganizationOutput } from '../access/organizations.ts'
import type { PersonGrant, PersonTokens } from '../access/personTokens.ts'
import { perSender, senderOf, throttle } from '../access/throttle.ts'
import type { Vault } from '../access/vault.ts'
import { invalid, Refusal } from '../http/errors.ts'
import { enqueue, withdrawOlder } from '../mail/outbox.ts'
import { chosenLanguageOf } from '../record/chosenLanguage.ts'
import { type Database, inTransaction, type Runner } from '../store/database.ts'
import { allowedAddress, takeAddress } from './addresses.ts'
import { makeCode, redeemCode, type Try } from './codes.ts'
import type { MailLimits } from './mailLimits.ts'
import { findProvider, listProviders, type ProviderType } from './providers.ts'
import { type State, sealState } from './state.ts'

export interface WaysGround {
  db: Database
  vault: Vault
  personTokens: PersonTokens
  mailLimits: MailLimits
  publicUrl(): string
}

export const SESSION_SECONDS = 3600
const LINK_SECONDS = 1800

export interface Asking {
  organization: OrganizationOutput
  email: string
  language: string
  /** Somebody has asked for it by name: then the mail speaks it too, whatever the person has chosen. */
  isLanguageAsked: boolean
  /** Of who asks. */
  ip: string
  /** Where the person goes on to; see `targetOf`. */
  to?: string | undefined
  providerId?: string | undefined
}

export function refuseWhereOff({ auth_enabled }: OrganizationOutput): void {
  if (!auth_enabled) throw new Refusal('forbidden', 'the organization has switched signing in off')
}

/** As named, else the organization's own; held against its list. */
export function targetOf(
  { publicUrl }: WaysGround,
  organization: OrganizationOutput,
  named: string | undefined,
): string | undefined {
  if (named !== undefined) return takeAddress(named, organization, publicUrl(), 'privacy_center_url')
  const own = organization.preference_center_url
  return own && allowedAddress(own, organization, publicUrl())
}

export async function providerOf(
  { db }: WaysGround,
  organizationId: string,
  id: string | undefined,
): Promise<{ id?: string; type: ProviderType }> {
  if (id !== undefined) return findProvider(db, organizationId, id)
  const providers = await listProviders(db, organizationId)
  return providers.find(provider => provider.is_default) ?? { type: 'otp' }
}

/** Gives the state with which the page for the code goes on. */
export async function sendCode(ground: WaysGround, asking: Asking): Promise<string> {
  const { db, vault } = ground
  const { organization, email, to, providerId } = asking
  const organizationId = organization.id
  const withheld = await withheldBy(ground, asking)
  const state: State = { organizationId, email, to, providerId }
  const spoken = await languageOfMail(ground, asking)
  const mailed = sealState(vault, { ...state, isMailed: true })
  const url = `${ground.publicUrl()}${codePath(mailed, spoken)}`
  await inTransaction(db, async trx => {
    const code = await makeCode(trx, vault, { organizationId, address: email.toLowerCase() })
    await withdrawOlder(trx, { organizationId, templateId: 'otp', to: email })
    await enqueue(trx, {
      ...{ organizationId, templateId: 'otp', to: email, language: spoken, withheld },
      parameters: { code, url },
    })
  })
  return sealState(vault, state)
}

/** Why the mail does not go out, where it is one too many: the answer is the same. */
async function withheldBy(ground: WaysGround, asking: Asking): Promise<string | undefined> {
  const { organization, email, ip } = asking
  const isKnown = (await knownAs(ground.db, organization.id, email)) !== undefined
  const isSent = await ground.mailLimits.take({ organizationId: organization.id, email, ip, isKnown })
  return isSent ? undefined : 'one of too many to people who are not known, in this hour'
}

/** Of the mail alone, which only its mailbox reads: the answer to who asks is in their language, and says nothing of the person. */
async function languageOfMail(
  { db }: WaysGround,
  { organization, email, language, isLanguageAsked }: Asking,
): Promise<string> {
  if (isLanguageAsked) return language
  return (await chosenLanguageOf(db, organization.id, [email, email.toLowerCase()])) ?? language
}

export const codePath = (state: string, language: string): string =>
  `/v1/auth/sign-in/code?${new URLSearchParams({ state, lang: language })}`

export async function sendLink(ground: WaysGround, asking: Asking): Promise<void> {
  const { organization, email, to } = asking
  if (!to) throw invalid({ privacy_center_url: 'must be given, or the organization’s preference_center_url' })
  const organizationId = organization.id
  const withheld = await withheldBy(ground, asking)
  const token = await ground.personTokens.seal(await grantFor(ground.db, organization, email), LINK_SECONDS)
  const parameters = { url: withToken(to, token) }
  const language = await languageOfMail(ground, asking)
  await enqueue(ground.db, {
    ...{ organizationId, templateId: 'message', to: email, language, parameters, withheld },
  })
}

/**
 * What a code is worth; undefined where it is wrong, late or tried too often: nobody learns which. Who has shown that the
 * mailbox is theirs, and may not come in unknown, is told so.
 */
export async function redeem(
  ground: WaysGround,
  { organization, email, ip, ...given }: Pick<Asking, 'organization' | 'email' | 'ip'> & Try,
): Promise<PersonGrant | undefined> {
  const organizationId = organization.id
  refuseWhereOff(organization)
  await throttle(ground.db, ground.vault, organizationId, `verify ${senderOf(ip)}`, perSender)
  const whose = { organizationId, address: email.toLowerCase() }
  const isRight = await redeemCode(ground.db, ground.vault, whose, given)
  if (!isRight) return undefined
  const grant = await grantFor(ground.db, organization, email)
  if (!grant.permissions.includes('write'))
    throw new Refusal('forbidden', 'nobody is known by this address, and nobody new is let in', {
      organization_user_id: 'is not known',
    })
  return grant
}

export function withToken(address: string, token: string): string {
  const url = new URL(address)
  url.searchParams.set('token', token)
  return url.href
}

/**
 * The address is the person's id: as it was typed where somebody has it so, else in small letters. Where whoever is not known
 * may not come in, they get the same mail, and what it leads to changes nothing: nobody learns who is known by asking.
 */
async function grantFor(
  runner: Runner,
  { id: organizationId, auth_allow_user_creation }: OrganizationOutput,
  email: string,
): Promise<PersonGrant> {
  const known = await knownAs(runner, organizationId, email)
  return {
    organizationId,
    organizationUserId: known ?? email.toLowerCase(),
    permissions: known !== undefined || auth_allow_user_creation ? ['read', 'write'] : ['read'],
  }
}

async function knownAs(runner: Runner, organizationId: string, email: string): Promise<string | undefined> {
  const { rows } = await sql<{ organization_user_id: string }>`
    select organization_user_id from people
    where organization_id = ${organizationId} and organization_user_id in (${email}, ${email.toLowerCase()})
    order by organization_user_id = ${email} desc`.execute(runner)
  return rows[0]?.organization_user_id
}
