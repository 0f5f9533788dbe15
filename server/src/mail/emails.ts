/** What an organization says in its mails instead of Heed's own words: one text per kind of mail. */
import { sql } from 'kysely'
import { newId } from '../access/ids.ts'
import { invalid, notFound, Refusal } from '../http/errors.ts'
import { type Database, type Runner, sqlState } from '../store/database.ts'
import { type Properties, placeholdersIn, type Rendered, render } from './render.ts'
import { placeholdersOf, type TemplateId } from './templates.ts'

/** Of one text: each stands for an address or a list, in every mail. */
const MAX_PLACEHOLDERS = 100

export interface EmailOutput {
  id: string
  organization_id: string
  type_id: 'didomi'
  email_type: TemplateId
  properties: Properties
  version: number
  created_at: string
  updated_at: string
}

export async function createEmail(
  db: Database,
  organizationId: string,
  { email_type, properties }: { email_type: TemplateId; properties: Properties },
): Promise<EmailOutput> {
  refuseUnknownPlaceholders(email_type, properties)
  const id = newId()
  try {
    await sql`
      insert into email_templates (organization_id, id, email_type, properties)
      values (${organizationId}, ${id}, ${email_type}, ${JSON.stringify(properties)})`.execute(db)
  } catch (error) {
    if (sqlState(error) !== '23505') throw error
    throw new Refusal('conflict', 'the organization has its own text for this mail', {
      email_type: 'has a text already: change that one',
    })
  }
  return findEmail(db, organizationId, id)
}

export async function listEmails(db: Database, organizationId: string): Promise<EmailOutput[]> {
  const { rows } = await sql<EmailRow>`
    select * from email_templates where organization_id = ${organizationId} order by created_at, id`.execute(
    db,
  )
  return rows.map(outputOf)
}

export async function findEmail(db: Database, organizationId: string, id: string): Promise<EmailOutput> {
  const { rows } = await sql<EmailRow>`
    select * from email_templates where organization_id = ${organizationId} and id = ${id}`.execute(db)
  return foundOutputOf(rows)
}

export async function changeEmail(
  db: Database,
  organizationId: string,
  id: string,
  patch: { email_type?: TemplateId | undefined; properties?: Properties | undefined },
): Promise<EmailOutput> {
  const { email_type } = await findEmail(db, organizationId, id)
  if (patch.email_type !== undefined && patch.email_type !== email_type)
    throw invalid({ email_type: `is ${email_type} and stays so` })
  if (patch.properties) refuseUnknownPlaceholders(email_type, patch.properties)
  const { rows } = await sql<EmailRow>`
    update email_templates
    set properties = coalesce(${patch.properties ? JSON.stringify(patch.properties) : null}, properties),
      version = version + 1, updated_at = now()
    where organization_id = ${organizationId} and id = ${id}
    returning *`.execute(db)
  return foundOutputOf(rows)
}

export async function deleteEmail(db: Database, organizationId: string, id: string): Promise<EmailOutput> {
  const { rows } = await sql<EmailRow>`
    delete from email_templates where organization_id = ${organizationId} and id = ${id} returning *`.execute(
    db,
  )
  return foundOutputOf(rows)
}

/** The organization's own words, if it has any, and its name. */
export async function wordsOf(
  runner: Runner,
  organizationId: string,
  templateId: TemplateId,
): Promise<{ name: string; properties: Properties | undefined }> {
  const { rows } = await sql<{ name: string; properties: Properties | null }>`
    select o.name, t.properties from organizations o
    left join email_templates t on t.organization_id = o.id and t.email_type = ${templateId}
    where o.id = ${organizationId}`.execute(runner)
  if (!rows[0]) throw invalid({ organization_id: 'is not known' })
  return { name: rows[0].name, properties: rows[0].properties ?? undefined }
}

export interface PreviewRequest {
  email_type: TemplateId
  /** A draft; absent: what is sent now. */
  properties?: Properties | undefined
  language: string
  parameters: Record<string, string>
}

/** What a person would get; nothing is sent. */
export async function previewEmail(
  db: Database,
  organizationId: string,
  { email_type, properties: draft, language, parameters }: PreviewRequest,
): Promise<Pick<Rendered, 'subject' | 'html' | 'text'>> {
  const known = placeholdersOf(email_type)
  const unknown = Object.keys(parameters).filter(name => !known.includes(name))
  if (unknown.length > 0)
    throw invalid(
      Object.fromEntries(unknown.map(name => [`parameters.${name}`, `is none of ${known.join(', ')}`])),
    )
  if (draft) refuseUnknownPlaceholders(email_type, draft)
  const { name, properties } = await wordsOf(db, organizationId, email_type)
  const { subject, html, text } = render(email_type, draft ?? properties, language, {
    ...madeUp,
    organization_name: name,
    ...parameters,
  })
  return { subject, html, text }
}

const madeUp = {
  code: '123456',
  list: 'Newsletter: yes\nOffers of partners: no',
  url: 'https://example.com/preferences',
  privacy_center_url: 'https://example.com/preferences',
  validation_approve_url: 'https://example.com/approve',
}

function refuseUnknownPlaceholders(emailType: TemplateId, properties: Properties): void {
  const known = placeholdersOf(emailType)
  const errors: Record<string, string> = {}
  for (const part of ['subject', 'html'] as const) {
    const texts = properties[part]
    const places = typeof texts === 'string' ? { [`properties.${part}`]: texts } : withPaths(part, texts)
    for (const [path, text] of Object.entries(places)) {
      const named = placeholdersIn(text)
      const unknown = named.find(name => !known.includes(name))
      if (unknown !== undefined)
        errors[path] = `names {{${unknown}}}, but ${emailType} takes ${known.join(', ')}`
      else if (named.length > MAX_PLACEHOLDERS)
        errors[path] = `names parameters more than ${MAX_PLACEHOLDERS} times`
    }
  }
  if (Object.keys(errors).length > 0) throw invalid(errors)
}

const withPaths = (part: string, texts: Record<string, string>): Record<string, string> =>
  Object.fromEntries(
    Object.entries(texts).map(([language, text]) => [`properties.${part}.${language}`, text]),
  )

type EmailRow = Omit<EmailOutput, 'type_id' | 'created_at' | 'updated_at'> & {
  created_at: Date
  updated_at: Date
}

const outputOf = ({ organization_id, id, email_type, properties, ...row }: EmailRow): EmailOutput => ({
  id,
  organization_id,
  type_id: 'didomi',
  email_type,
  properties,
  version: row.version,
  created_at: row.created_at.toISOString(),
  updated_at: row.updated_at.toISOString(),
})

function foundOutputOf([row]: EmailRow[]): EmailOutput {
  if (!row) throw notFound('email')
  return outputOf(row)
}
