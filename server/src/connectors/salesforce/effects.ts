/** What each mapping item writes for a person, from the description alone. Pure. */
import type { Effect, Owed } from '../contract.ts'
import type { Knowledge } from './knowledge.ts'
import type { Mapping } from './manifest.ts'
import { appliesTo } from './mapping.ts'
import { createReadings, isSilent } from './plan.ts'

/** On the objects of the records that are remembered; with none, on those in which the person is searched. */
export function effectsOf(person: Owed, mappings: readonly Mapping[], knowledge: Knowledge): Effect[] {
  const readings = createReadings(knowledge.columnsFor)
  if (isSilent(person, knowledge.objects, readings)) return []
  const linked = new Set(person.links.map(({ object }) => object))
  const searched = knowledge.targets.map(({ object }) => object)
  const objects = linked.size > 0 ? knowledge.objects.filter(object => linked.has(object)) : searched
  return mappings.flatMap((item, mapping) =>
    objects
      .filter(object => appliesTo(item, object))
      .flatMap((object): Effect[] => {
        const { cells, faults } = readings(person, object)
        const isOf = ({ field }: { field: string }) => field.toLowerCase() === item.id.toLowerCase()
        const [cell] = cells.filter(isOf)
        const [fault] = faults.filter(isOf)
        if (fault) return [{ mapping, object, fault }]
        return cell ? [{ mapping, object, value: cell.value }] : []
      }),
  )
}
