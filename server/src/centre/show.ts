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
  const view = viewOf(visit.snapshot, registers, { waiting: waiting.choices, unsaved })
  const isReadOnly = !grant.permissions.includes('write')
  return preferencesPage({ ...visit, hasMailbox, isReadOnly }, view, places, {
    receipt,
    isAsked: receipt?.ids.every(id => !waiting.unasked.has(id)) ?? true,
    messages: messagesOf(visit, asked, receipt !== undefined),
    wantsCopy,
  })
}

function messagesOf(
  { language }: Visit,
  { unchanged, cut_short, copy, unsaved = [] }: Asked,
  hasReceipt: boolean,
): string[] {
  const texts = textsIn(language)
  const copies: Partial<Record<string, string>> = hasReceipt
    ? { sent: texts.copySent, too_often: texts.copyTooOften }
    : {}
  const isNothing = unchanged !== undefined
  return [
    cut_short !== undefined && texts.cutShort,
    typeof copy === 'string' && copies[copy],
    isNothing && unchanged === 'all' && texts.nothingLeft,
    isNothing && unchanged !== 'all' && (copy === undefined ? texts.savedNothing : texts.copyOfNothing),
    unsaved.length > 0 && texts.unsaved,
  ].filter(text => typeof text === 'string')
}
