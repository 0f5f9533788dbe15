/** In which words a published preference centre has named what it asks: for whoever speaks of it elsewhere. */
import type { Texts } from '../http/texts.ts'
import type { EventBody } from '../record/event.ts'
import type { Database } from '../store/database.ts'
import { readPublished } from '../widgets/deployments.ts'
import type { SnapshotPreference } from '../widgets/snapshot.ts'

/** By `purpose {id}`, `preference {id}` and `value {preference id} {id}`. */
export async function namesShown(
  db: Database,
  organizationId: string,
  { widget_id, version }: NonNullable<EventBody['shown']>,
): Promise<ReadonlyMap<string, Texts> | undefined> {
  const published = await readPublished(db, organizationId, widget_id, version)
  return (
    published &&
    new Map(
      published.snapshot.purposes.flatMap(({ id, name, preferences }) => [
        [`purpose ${id}`, name] as const,
        ...preferences.flatMap(namesIn),
      ]),
    )
  )
}

const namesIn = ({ id, name, values }: SnapshotPreference): (readonly [string, Texts])[] => [
  [`preference ${id}`, name],
  ...values.flatMap(value => [
    [`value ${id} ${value.id}`, value.name] as const,
    ...value.preferences.flatMap(namesIn),
  ]),
]
