/** The language that a person has chosen: by a preference of the library that is marked as the one of language. */
import { sql } from 'kysely'
import { registerParts, type Status } from '../resolve/status.ts'
import type { Runner } from '../store/database.ts'

/** In the preference's metadata, with `true`; the ids of its values are language tags. */
export const LANGUAGE_MARK = 'heed:language'

/** @param ids under any of which the person may be known: an address as it was typed, and in small letters */
export async function chosenLanguageOf(
  runner: Runner,
  organizationId: string,
  ids: readonly string[],
): Promise<string | undefined> {
  const { rows } = await sql<{ status: Status | null; preferences: string[] }>`
    select array_agg(id) as preferences,
      (
        select status from people
        where organization_id = ${organizationId} and organization_user_id = any (${ids})
        order by organization_user_id = ${ids[0] ?? ''} desc limit 1
      ) as status
    from preferences
    where organization_id = ${organizationId} and metadata -> ${LANGUAGE_MARK} = 'true'
    having count(*) > 0`.execute(runner)
  const { status, preferences = [] } = rows[0] ?? {}
  const [newest] = Object.values(status?.regulations ?? {})
    .flatMap(registers => Object.entries(registers))
    .filter(([path]) => isAnswerTo(preferences, registerParts(path)))
    .map(([, register]) => register)
    .sort((a, b) => b[1] - a[1])
  return (newest && String(newest[0]).split(',')[0]) || undefined
}

const isAnswerTo = (preferences: readonly string[], [kind, , part, id = '']: string[]): boolean =>
  kind === 'purposes' && part === 'values' && preferences.includes(id)
