/** What a person chose before, in the words that were shown then. */
import { type Content, type Html, html } from '../http/html.ts'
import { directionOf, nameOfLanguage } from '../http/languages.ts'
import { fill } from '../http/texts.ts'
import type { RecordedEvent } from '../record/event.ts'
import { type Beside, readHistoryOf, recordedEventOf } from '../record/log.ts'
import type { Database } from '../store/database.ts'
import { toldSentencesOf } from './changes.ts'
import { plainPage } from './page.ts'
import { textsIn } from './texts.ts'
import { timeOf } from './time.ts'
import { type Guest, type Query, REGULATION, text, type Visit } from './visit.ts'
import { type Wording, wordingsOf } from './wording.ts'

const EVENTS_OF_A_PAGE = 50

export async function showHistory(
  db: Database,
  visit: Visit,
  { person }: Guest,
  query: Query,
): Promise<Html> {
  const { organizationId } = visit
  const page = person ? await readPage(db, { organizationId, personId: person.id }, besideOf(query)) : NOTHING
  return historyPage(db, visit, page)
}

interface HistoryPage {
  events: readonly RecordedEvent[]
  hasOlder: boolean
  hasNewer: boolean
}
const NOTHING: HistoryPage = { events: [], hasOlder: false, hasNewer: false }

function besideOf({ before, after }: Query): Beside | undefined {
  const [older, newer] = [text(before), text(after)]
  if (older !== undefined) return { eventId: older, side: 'older' }
  return newer === undefined ? undefined : { eventId: newer, side: 'newer' }
}

/** Beside an event that is not there, or not this person's, there is nothing: then it is the first page. */
async function readPage(
  db: Database,
  whose: { organizationId: string; personId: string },
  beside: Beside | undefined,
): Promise<HistoryPage> {
  const limit = EVENTS_OF_A_PAGE
  const rows = await readHistoryOf(db, { ...whose, regulation: REGULATION }, { beside, limit })
  if (beside && rows.length === 0) return readPage(db, whose, undefined)
  const hasMore = rows.length > limit
  const events = rows.slice(0, limit).map(recordedEventOf)
  if (beside?.side === 'newer') return { events: events.reverse(), hasOlder: true, hasNewer: hasMore }
  return { events, hasOlder: hasMore, hasNewer: beside !== undefined }
}

async function historyPage(
  db: Database,
  shown: Visit,
  { events, hasOlder, hasNewer }: HistoryPage,
): Promise<Html> {
  const texts = textsIn(shown.language)
  const told = await wordingsOf(db, events, shown)
  const items = told.map(
    ({ id, createdAt, status, body, wording }) =>
      html`<li class="card"><h3>${timeOf(createdAt, shown.language)}</h3>
<ul lang="${wording.language}" dir="${directionOf(wording.language)}">${toldSentencesOf(body.consents, wording).map(sentence => html`<li>${sentence}</li>`)}</ul>
<p class="fine">${[
        id,
        body.delegate ? fill(texts.historyBy, { name: body.delegate.name ?? body.delegate.id }) : '',
        status === 'pending_approval' ? texts.historyPending : '',
        wordingText(wording, shown.language),
      ]
        .filter(Boolean)
        .join(' · ')}</p></li>`,
  )
  return plainPage(
    shown,
    texts.history,
    html`${items.length > 0 ? html`<ol class="history">${items}</ol>` : html`<p>${texts.historyEmpty}</p>`}
${turn(shown, { newer: hasNewer ? events[0] : undefined, older: hasOlder ? events.at(-1) : undefined })}
<p class="more"><a href="${shown.path}?lang=${encodeURIComponent(shown.language)}">${texts.back}</a></p>`,
    `${shown.path}/history`,
  )
}

const wordingText = ({ version, language }: Wording, pageLanguage: string): string =>
  version === undefined
    ? ''
    : fill(textsIn(pageLanguage).historyWording, {
        version,
        language: nameOfLanguage(language, pageLanguage),
      })

/** Links, so that a page can be turned without JavaScript. */
function turn(
  { path, language }: Visit,
  { newer, older }: { newer: RecordedEvent | undefined; older: RecordedEvent | undefined },
): Content {
  if (!newer && !older) return ''
  const texts = textsIn(language)
  const link = (beside: Record<string, string>, name: string, rel: string) =>
    html`<li><a rel="${rel}" href="${path}/history?${new URLSearchParams({ lang: language, ...beside }).toString()}">${name}</a></li>`
  return html`<nav class="turn" aria-label="${texts.history}"><ul>${newer && link({ after: newer.id }, texts.historyNewer, 'prev')}${older && link({ before: older.id }, texts.historyOlder, 'next')}</ul></nav>`
}
