/** What a page of a link needs to know of it. */
import { findOrganization } from '../access/organizations.ts'
import type { EventBody } from '../record/event.ts'
import { readStanding } from '../record/log.ts'
import type { Database } from '../store/database.ts'
import type { Shown } from './links.pages.ts'
import type { Link } from './links.ts'
import type { Speech, ThemeGround } from './page.ts'
import { isUnsubscribe, statementsOf, type WordingGround } from './statement.ts'

export interface ShowGround extends ThemeGround, WordingGround {
  db: Database
}

export async function show(ground: ShowGround, link: Link, { language }: Speech): Promise<Shown> {
  const { organization_id: organizationId } = link
  const organization = await findOrganization(ground.db, organizationId)
  const body = await bodyOf(ground.db, link)
  const { consents, shown } = body
  return {
    organization,
    statements: await statementsOf(ground.db, ground, { organizationId, body, language }),
    isUnsubscribe: link.action === 'event.create' && isUnsubscribe(consents),
    themePath: shown && (await ground.themeOfWidget?.(organizationId, shown.widget_id)),
  }
}

/** A link that only confirms shows what it confirms. */
async function bodyOf(db: Database, link: Link): Promise<Partial<EventBody>> {
  const own = link.event as Partial<EventBody>
  if (own.consents || link.action === 'event.create') return own
  const [row] = await readStanding(db, [{ organizationId: link.organization_id, id: link.event_id }])
  return row?.body ?? {}
}
