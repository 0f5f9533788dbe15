/** The page of a person: read from the status and the deliveries for each view, and kept nowhere. */
import type { createInForce } from '../deliver/inForce.ts'
import type { Html } from '../http/html.ts'
import { mailAddress } from '../mail/emails.schema.ts'
import type { Database } from '../store/database.ts'
import { preferencesPage } from './page.ts'
import { receiptOf } from './receipt.ts'
import { textsIn } from './texts.ts'
import { choicesOf, viewOf } from './view.ts'
import { type Guest, type Query, REGULATION, registersOf, type Visit } from './visit.ts'
import { waitingOf } from './waiting.ts'

interface ShowGround {
  lookups: Database
  inForce: ReturnType<typeof createInForce>
}

export async function showPreferences(
  { lookups, inForce }: ShowGround,
  visit: Visit,
  { grant, person }: Guest,
  query: Query,
): Promise<Html> {
  const registers = registersOf(person)
  const { organizationId } = visit
  const [waiting, places, receipt] = await Promise.all([
    waitingOf(lookups, grant, registers),
    person
      ? inForce.of(
          { organizationId, id: person.id },
          REGULATION,
          choicesOf(viewOf(visit.snapshot, registers)),
        )
      : new Map(),
    receiptOf(lookups, visit, person, query.saved),
  ])
  const hasMailbox = mailAddress.safeParse(grant.organizationUserId).success
  return preferencesPage({ ...visit, hasMailbox }, viewOf(visit.snapshot, registers, waiting), places, {
    receipt,
    message: messageOf(visit, query),
  })
}

function messageOf({ language }: Visit, { unchanged, cut_short }: Query): string | undefined {
  const texts = textsIn(language)
  if (cut_short !== undefined) return texts.cutShort
  if (unchanged === undefined) return undefined
  return unchanged === 'all' ? texts.nothingLeft : texts.savedNothing
}
