/** The page of a person: read from the status and the deliveries for each view, and kept nowhere. */
import type { createInForce } from '../deliver/inForce.ts'
import type { Html } from '../http/html.ts'
import { mailAddress } from '../mail/emails.schema.ts'
import type { PurposeChoice } from '../resolve/event.ts'
import type { Database } from '../store/database.ts'
import { preferencesPage } from './page.ts'
import { receiptOf } from './receipt.ts'
import { textsIn } from './texts.ts'
import { choicesOf, viewOf } from './view.ts'
import { type Guest, type Query, REGULATION, registersOf, type Visit } from './visit.ts'
import { waitingOf } from './waiting.ts'

type Asked = Query & { unsaved?: readonly PurposeChoice[]; wantsCopy?: boolean }

interface ShowGround {
  lookups: Database
  inForce: ReturnType<typeof createInForce>
}

/** @param asked by the address, or by the form that is shown again in another language */
export async function showPreferences(
  { lookups, inForce }: ShowGround,
  visit: Visit,
  { grant, person }: Guest,
  asked: Asked,
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
    receiptOf(lookups, visit, person, asked.saved),
  ])
  const hasMailbox = mailAddress.safeParse(grant.organizationUserId).success
  const { unsaved = [], wantsCopy = false } = asked
  const view = viewOf(visit.snapshot, registers, { waiting, unsaved })
  const message = messageOf(visit, asked)
  return preferencesPage({ ...visit, hasMailbox }, view, places, { receipt, message, wantsCopy })
}

function messageOf({ language }: Visit, { unchanged, cut_short, unsaved = [] }: Asked): string | undefined {
  const texts = textsIn(language)
  if (unsaved.length > 0) return texts.unsaved
  if (cut_short !== undefined) return texts.cutShort
  if (unchanged === undefined) return undefined
  return unchanged === 'all' ? texts.nothingLeft : texts.savedNothing
}
