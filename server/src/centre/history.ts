/** What a person chose before, in the words that were shown then. */
import type { PersonGrant } from '../access/personTokens.ts'
import { type Html, html } from '../http/html.ts'
import { fill } from '../http/texts.ts'
import type { RecordedEvent } from '../record/event.ts'
import { readEventsOf, recordedEventOf } from '../record/log.ts'
import type { Database } from '../store/database.ts'
import { type Published, readPublished } from '../widgets/deployments.ts'
import { sentencesOf } from './changes.ts'
import { timeOf } from './frame.ts'
import { plainPage } from './page.ts'
import { textsIn } from './texts.ts'
import { personOf, REGULATION, type Visit } from './visit.ts'

const MOST_EVENTS = 50

export async function showHistory(db: Database, visit: Visit, grant: PersonGrant): Promise<Html> {
  const { organizationId, widgetId } = visit
  const person = await personOf(db, grant)
  const { rows } = person
    ? await readEventsOf(db, {
        organizationId,
        personId: person.id,
        statuses: ['confirmed', 'pending_approval'],
        regulations: [REGULATION],
        limit: MOST_EVENTS,
        skip: 0,
      })
    : { rows: [] }
  return historyPage(visit, rows.map(recordedEventOf), version =>
    readPublished(db, organizationId, widgetId, version),
  )
}

/** @param publishedAs the widget as it was at a version */
async function historyPage(
  shown: Visit,
  events: readonly RecordedEvent[],
  publishedAs: (version: number) => Promise<Published | undefined>,
): Promise<Html> {
  const texts = textsIn(shown.language)
  const snapshots = new Map<number, Promise<Published | undefined>>()
  const items: Html[] = []
  for (const { id, createdAt, status, body } of events) {
    const wording = body.shown?.widget_id === shown.widgetId ? body.shown : undefined
    if (wording && !snapshots.has(wording.version))
      snapshots.set(wording.version, publishedAs(wording.version))
    const then = wording && (await snapshots.get(wording.version))
    const language = then && wording ? wording.language : shown.language
    const sentences = sentencesOf(body.consents, then?.snapshot ?? shown.snapshot, language)
    items.push(html`<li class="card"><h3>${timeOf(createdAt, shown.language)}</h3>
<ul lang="${language}">${sentences.map(sentence => html`<li>${sentence}</li>`)}</ul>
<p class="fine">${[
      id,
      body.delegate ? fill(texts.historyBy, { name: body.delegate.name ?? body.delegate.id }) : '',
      status === 'pending_approval' ? texts.historyPending : '',
      then && wording ? `${texts.historyWording} (${wording.version}, ${wording.language})` : '',
    ]
      .filter(Boolean)
      .join(' · ')}</p></li>`)
  }
  return plainPage(
    shown,
    texts.history,
    html`${items.length > 0 ? html`<ol class="history">${items}</ol>` : html`<p>${texts.historyEmpty}</p>`}
<p class="more"><a href="${shown.path}?lang=${encodeURIComponent(shown.language)}">${texts.back}</a></p>`,
  )
}
