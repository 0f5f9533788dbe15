/** What a page of a link needs to know of it. */
import { findOrganization } from '../access/organizations.ts'
import type { EventBody } from '../record/event.ts'
import { readStanding } from '../record/log.ts'
import type { Consents } from '../resolve/event.ts'
import type { Database } from '../store/database.ts'
import type { Shown } from './links.pages.ts'
import type { Link } from './links.ts'
import type { Speech, ThemeGround } from './page.ts'
import { isUnsubscribe, statementsOf } from './statement.ts'

export async function show(
  { db, themeOfWidget }: { db: Database } & ThemeGround,
  link: Link,
  { language }: Speech,
): Promise<Shown> {
  const { organization_id: organizationId } = link
  const organization = await findOrganization(db, organizationId)
  const { consents, shown } = await saidBy(db, link)
  return {
    organization,
    statements: await statementsOf(db, organizationId, consents, language),
    isUnsubscribe: link.action === 'event.create' && isUnsubscribe(consents),
    themePath: shown && (await themeOfWidget?.(organizationId, shown.widget_id)),
  }
}

/** A link that only confirms shows what it confirms. */
async function saidBy(db: Database, link: Link): Promise<Pick<EventBody, 'shown'> & { consents?: Consents }> {
  const own = link.event as Partial<EventBody>
  if (own.consents || link.action === 'event.create') return own
  const [row] = await readStanding(db, [{ organizationId: link.organization_id, id: link.event_id }])
  return row?.body ?? {}
}
