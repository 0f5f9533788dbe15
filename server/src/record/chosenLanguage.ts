/** The language that a person has chosen: by a preference of the library that is marked as the one of language. */
import { sql } from 'kysely'
import type { Runner } from '../store/database.ts'

/** In the preference's metadata, with `true`; the ids of its values are language tags. */
export const LANGUAGE_MARK = 'heed:language'

/**
 * Read out by the database, so that it takes next to as long for somebody who is not known: who asks for a mail learns nothing.
 */
export async function chosenLanguageOf(
  runner: Runner,
  organizationId: string,
  organizationUserId: string,
): Promise<string | undefined> {
  const { rows } = await sql<{ language: string }>`
    select split_part(register.value ->> 0, ',', 1) as language
    from preferences f
    join people p on p.organization_id = f.organization_id and p.organization_user_id = ${organizationUserId}
    cross join jsonb_each(p.status -> 'regulations') as regulation
    cross join jsonb_each(regulation.value) as register
    where f.organization_id = ${organizationId} and f.metadata -> ${LANGUAGE_MARK} = 'true'
      and starts_with(register.key, 'purposes/')
      and split_part(register.key, '/', 3) = 'values'
      and split_part(register.key, '/', 4) = replace(replace(f.id, '~', '~0'), '/', '~1')
    order by (register.value ->> 1)::bigint desc
    limit 1`.execute(runner)
  return rows[0]?.language || undefined
}
