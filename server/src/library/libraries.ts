/** Reads libraries, and remembers them for a while. */
import { sql } from 'kysely'
import type { Database, Runner } from '../store/database.ts'
import type { Element, Library, LibraryPreference } from './library.ts'
import { type SelectedPurpose, walk } from './tree.ts'

/** How long another node's change may go unseen where nothing calls for `fresh`. */
const LIFETIME_MS = 5_000

export interface Libraries {
  of(organizationId: string): Promise<Library>
  /** Read anew: before an unknown id is refused, since another node may just have added it. */
  fresh(organizationId: string): Promise<Library>
  /** After a change. */
  forget(organizationId: string): void
}

export function createLibraries(db: Database): Libraries {
  const known = new Map<string, { library: Promise<Library>; readAtMs: number }>()
  const next = new Map<string, Promise<Library>>()
  const read = (organizationId: string): Promise<Library> => {
    const entry = { library: readLibrary(db, organizationId), readAtMs: Date.now() }
    known.set(organizationId, entry)
    entry.library.catch(() => {
      if (known.get(organizationId) === entry) known.delete(organizationId)
    })
    return entry.library
  }
  return {
    of(organizationId) {
      const found = known.get(organizationId)
      return found && Date.now() - found.readAtMs < LIFETIME_MS ? found.library : read(organizationId)
    },
    // A read under way may have missed the change, so callers wait for it to end and share the one after it: unknown
    // ids, however many are sent, cost one read at a time.
    fresh(organizationId) {
      const waiting = next.get(organizationId)
      if (waiting) return waiting
      const underWay = Promise.resolve(known.get(organizationId)?.library).catch(() => undefined)
      const following = underWay.then(() => {
        next.delete(organizationId)
        return read(organizationId)
      })
      next.set(organizationId, following)
      return following
    },
    forget: organizationId => void known.delete(organizationId),
  }
}

interface LibraryRow {
  purposes: string[]
  preferences: { id: string; type: LibraryPreference['type'] }[]
  preference_values: { preferenceId: string; id: string; isLive: boolean }[]
  elements: Element[]
  tree: SelectedPurpose[]
}

/** One statement, so that all of it is of one moment. */
export async function readLibrary(runner: Runner, organizationId: string): Promise<Library> {
  const { rows } = await sql<LibraryRow>`
    select
      (select coalesce(json_agg(id), '[]') from purposes where organization_id = ${organizationId}) as purposes,
      (
        select coalesce(json_agg(json_build_object('id', id, 'type', type)), '[]')
        from preferences where organization_id = ${organizationId}
      ) as preferences,
      (
        select coalesce(json_agg(
          json_build_object('preferenceId', preference_id, 'id', id, 'isLive', deleted_at is null)
          order by deleted_at is not null, position), '[]')
        from preference_values where organization_id = ${organizationId}
      ) as preference_values,
      (
        select coalesce(json_agg(json_strip_nulls(json_build_object(
          'id', id, 'kind', kind, 'purposeId', purpose_id, 'preferenceId', preference_id, 'valueId', value_id))), '[]')
        from elements where organization_id = ${organizationId}
      ) as elements,
      coalesce(
        (select selected_purposes from config_trees where organization_id = ${organizationId}), '[]'
      ) as tree`.execute(runner)
  const { purposes, preferences, preference_values, elements, tree } = rows[0] as LibraryRow
  const valuesOf = Map.groupBy(preference_values, value => value.preferenceId)
  const library = new Map(
    preferences.map(({ id, type }): [string, LibraryPreference] => {
      const own = valuesOf.get(id) ?? []
      const liveValueIds = own.filter(value => value.isLive).map(value => value.id)
      return [id, { type, valueIds: own.map(value => value.id), liveValueIds }]
    }),
  )
  return {
    organizationId,
    purposes: new Set(purposes),
    preferences: library,
    elements: new Map(elements.map(element => [element.id, element])),
    oneClick: new Map(
      tree
        .filter(purpose => purpose.one_click)
        .map(purpose => [purpose.purpose_id, multiPreferences(purpose, library)]),
    ),
  }
}

/** A preference that stands at several places of the purpose has the values of all of them. */
function multiPreferences(purpose: SelectedPurpose, library: ReadonlyMap<string, LibraryPreference>) {
  const found = new Map<string, Set<string>>()
  for (const { preferenceId, valueId } of walk([purpose])) {
    if (preferenceId === undefined || library.get(preferenceId)?.type !== 'multi') continue
    const values = found.get(preferenceId) ?? new Set()
    found.set(preferenceId, valueId === undefined ? values : values.add(valueId))
  }
  return [...found].map(([preferenceId, valueIds]) => ({ preferenceId, valueIds: [...valueIds] }))
}
