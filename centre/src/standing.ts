/** Since when a choice is recorded and where it is in force, written under it without touching what is around. */
import type { Place, Standing, Standings, Widget } from '@heed/client'
import { fill } from './choices.ts'
import { h } from './dom.ts'
import { timed } from './time.ts'

/** Where `showStandings` writes. */
export const standingOf = (purposeId: string, preferenceId?: string): HTMLElement =>
  h('ul', {
    ...{ class: 'standing', part: 'standing', hidden: true },
    ...{ 'data-purpose': purposeId, 'data-preference': preferenceId },
  })

export const noStandings: Standings = { organization_user_id: '', data: [], waiting: [] }

/** Where a purpose of which something waits for a confirmation says so, in place of what is there otherwise. */
export const remarkOf = (purposeId: string, said: string | false, { texts }: Widget): HTMLElement =>
  h(
    'div',
    { 'data-remark': purposeId },
    said && h('p', { class: 'fine' }, said),
    h('p', { class: 'fine', hidden: true }, h('strong', {}, texts.waits)),
  )

export function showStandings(root: ParentNode, widget: Widget, { data, waiting }: Standings): void {
  const find = (purpose: string | undefined, preference?: string) =>
    data.find(one => one.purpose_id === purpose && one.preference_id === preference)
  for (const list of root.querySelectorAll<HTMLElement>('.standing')) {
    const { purpose, preference } = list.dataset
    const standing = find(purpose, preference)
    // What came with its purpose needs no line of its own.
    const isSaid = preference !== undefined && standing?.event_id === find(purpose)?.event_id
    list.hidden = !standing || isSaid
    list.replaceChildren(...(standing && !isSaid ? linesOf(standing, widget) : []))
  }
  for (const remark of root.querySelectorAll<HTMLElement>('[data-remark]')) {
    const waits = waiting.some(one => one.purpose_id === remark.dataset.remark)
    const lines = [...remark.children] as HTMLElement[]
    lines.forEach((line, i) => {
      line.hidden = waits !== (i === lines.length - 1)
    })
  }
}

export const isUnderway = ({ data }: Standings): boolean =>
  data.some(({ places }) => places.some(({ state }) => state === 'on_its_way'))

const linesOf = ({ recorded_at: at, places }: Standing, widget: Widget): HTMLElement[] => [
  h('li', {}, ...timed(widget.texts.recorded, at, widget)),
  ...places.map(place => h('li', {}, ...placed(place, widget))),
]

function placed({ name, state, since }: Place, widget: Widget): (Node | string)[] {
  const { inForce, onItsWay, unknownThere, stuckThere } = widget.texts
  if (since) return timed(fill(inForce, { name }), since, widget)
  const text = { there: onItsWay, on_its_way: onItsWay, unknown: unknownThere, stuck: stuckThere }
  return [fill(text[state], { name })]
}
