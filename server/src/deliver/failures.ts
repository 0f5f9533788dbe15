/** Why people failed, cause by cause: a hundred thousand of them have a few. */
import { sql } from 'kysely'
import { z } from 'zod'
import type { Runner } from '../store/database.ts'
import type { IntegrationRow } from './integration.ts'
import { fault } from './schema.ts'

const MOST_CAUSES = 50

export const failures = z.object({
  data: z.array(
    fault.extend({
      message: z.string().describe('The most frequent one of the code, with its cure'),
      people: z.number(),
      withdrawals: z.number().describe('Of those, people whose withdrawal is not in the target'),
    }),
  ),
})
export type Failures = z.infer<typeof failures>

/** Those first that hold up withdrawals. */
export async function readFailures(
  runner: Runner,
  { organization_id, id }: Pick<IntegrationRow, 'organization_id' | 'id'>,
): Promise<Failures> {
  const { rows } = await sql<Failures['data'][number]>`
    select code, most ->> 0 as message, most ->> 1 as cure, people, withdrawals
    from (
      select error ->> 'code' as code,
        mode() within group (order by jsonb_build_array(error -> 'message', error -> 'cure')) as most,
        count(*)::int as people, count(*) filter (where withdrawal)::int as withdrawals
      from deliveries
      where organization_id = ${organization_id} and integration_id = ${id} and state = 'failed' and error is not null
      group by 1) c
    order by withdrawals desc, people desc, code
    limit ${MOST_CAUSES}`.execute(runner)
  return { data: rows }
}
