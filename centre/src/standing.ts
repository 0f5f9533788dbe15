/** Since when a choice is recorded and where it is in force, written under it without touching what is around. */
import type { Place, Standing, Widget } from '@heed/client'
import { fill } from './choices.ts'
import { h } from './dom.ts'
import { timed } from './time.ts'

/** Where `showStandings` writes. */
export const standingOf = (purposeId: string, preferenceId?: string): HTMLElement =>
  h('ul', {
    ...{ class: 'standing', part: 'standing', hidden: true },
    ...{ 'data-purpose': purposeId, 'data-preference': preferenceId },
  })

export function showStandings(root: ParentNode, widget: Widget, standings: readonly Standing[]): void {
  const find = (purpose: string | undefined, preference?: string) =>
    standings.find(one => one.purpose_id === purpose && one.preference_id === preference)
  for (const list of root.querySelectorAll<HTMLElement>('.standing')) {
    const { purpose, preference } = list.dataset
    const standing = find(purpose, preference)
    // What came with its purpose needs no line of its own.
    const isSaid = preference !== undefined && standing?.event_id === find(purpose)?.event_id
    list.hidden = !standing || isSaid
    list.replaceChildren(...(standing && !isSaid ? linesOf(standing, widget) : []))
  }
}

export const isUnderway = (standings: readonly Standing[]): boolean =>
  standings.some(({ places }) => places.some(({ state }) => state === 'on_its_way'))

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
