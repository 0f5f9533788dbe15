/** The page of a person: read from the status and the deliveries for each view, and kept nowhere. */
import type { PersonGrant } from '../access/personTokens.ts'
import type { createInForce } from '../deliver/inForce.ts'
import type { Html } from '../http/html.ts'
import { mailAddress } from '../mail/emails.schema.ts'
import type { Database } from '../store/database.ts'
import { preferencesPage } from './page.ts'
import { receiptOf } from './receipt.ts'
import { textsIn } from './texts.ts'
import { choicesOf, viewOf } from './view.ts'
import { personOf, type Query, REGULATION, registersOf, type Visit } from './visit.ts'
import { waitingOf } from './waiting.ts'

interface ShowGround {
  db: Database
  inForce: ReturnType<typeof createInForce>
}

export async function showPreferences(
  { db, inForce }: ShowGround,
  visit: Visit,
  grant: PersonGrant,
  query: Query,
): Promise<Html> {
  const person = await personOf(db, grant)
  const registers = registersOf(person)
  const purposes = viewOf(visit.snapshot, registers, await waitingOf(db, grant, registers))
  const places = person
    ? await inForce.of(
        { organizationId: person.organization_id, id: person.id },
        REGULATION,
        choicesOf(purposes),
      )
    : new Map()
  const hasMailbox = mailAddress.safeParse(grant.organizationUserId).success
  return preferencesPage({ ...visit, hasMailbox }, purposes, places, {
    receipt: await receiptOf(db, visit, person, query.saved),
    message: messageOf(visit, query),
  })
}

function messageOf({ language }: Visit, { unchanged, cut_short }: Query): string | undefined {
  const texts = textsIn(language)
  if (cut_short !== undefined) return texts.cutShort
  if (unchanged === undefined) return undefined
  return unchanged === 'all' ? texts.nothingLeft : texts.savedNothing
}
