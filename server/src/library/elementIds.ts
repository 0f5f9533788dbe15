/** Which element id each node of a new tree has: mappings point at them, so a node that stays keeps its own. */
import { newShortId } from '../access/ids.ts'
import type { Element } from './library.ts'
import { type SelectedPurpose, walk } from './tree.ts'

const ELEMENT_ID_LENGTH = 7

export type Meaning = Omit<Element, 'id'>

export interface Draft {
  /** Its `id` is written here. */
  node: { id: string }
  given: string | undefined
  meaning: Meaning
  place: string
  /** Where it stands in the request. */
  path: string
}

/**
 * The id asked for, else the one that the place has, else a former one of the same meaning, else a new one. The steps
 * go over all nodes in turn, so that no node takes what a later one has a better claim to.
 * @returns from path to what is wrong there
 */
export function assignElementIds(
  drafts: readonly Draft[],
  elements: ReadonlyMap<string, Element>,
  current: readonly SelectedPurpose[],
): Record<string, string> {
  const errors: Record<string, string> = {}
  const taken = new Set<string>()
  const assign = (draft: Draft, id: string | undefined): boolean => {
    if (id === undefined || taken.has(id)) return false
    taken.add(id)
    draft.node.id = id
    return true
  }

  for (const draft of drafts.filter(({ given }) => given !== undefined)) {
    const known = elements.get(draft.given ?? '')
    if (known && keyOf(known) !== keyOf(draft.meaning))
      errors[`${draft.path}.id`] = 'is, or was, the id of another element'
    else if (!assign(draft, draft.given)) errors[`${draft.path}.id`] = 'stands twice in the tree'
  }

  const atPlace = new Map([...walk(current)].map(node => [node.place, node.elementId]))
  const moved = drafts
    .filter(({ given }) => given === undefined)
    .filter(draft => !assign(draft, atPlace.get(draft.place)))

  const former = Map.groupBy(elements.values(), keyOf)
  for (const draft of moved) {
    const free = former.get(keyOf(draft.meaning))?.find(({ id }) => !taken.has(id))
    if (!assign(draft, free?.id)) while (!assign(draft, newIdBeside(elements)));
  }
  return errors
}

const keyOf = ({ kind, purposeId, preferenceId = '', valueId = '' }: Meaning): string =>
  [kind, purposeId, preferenceId, valueId].join('/')

function newIdBeside(elements: ReadonlyMap<string, Element>): string {
  for (;;) {
    const id = newShortId(ELEMENT_ID_LENGTH)
    if (!elements.has(id)) return id
  }
}
