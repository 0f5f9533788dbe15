/**
 * The waiting room: on a schedule the target is asked which records are new or changed since the last look. Who waits for
 * one of them is owed again; so is who has a record more by now, or another in the place of one, and who waits for a field
 * that can hold their value.
 */
import { sql } from 'kysely'
import { type Appearance, TargetError } from '../connectors/contract.ts'
import type { Runner } from '../store/database.ts'
import { readBudget } from './budget.ts'
import { type IntegrationRow, liftHold, rests, withdrawalsGoOn } from './integration.ts'
import { oweMisfits } from './misfits.ts'
import { owedAgain } from './owe.ts'
import { type RoundGround, rest } from './round.ts'
import type { Sessions } from './sessions.ts'

export interface WaitingGround extends RoundGround {
  sessions: Sessions
  onOwed(): void
  /** Between two looks at one target; each costs a call or a few. */
  lookEverySeconds: number
}

/** Looks at one target whose turn it is. False: none is. */
export async function lookOnce(ground: WaitingGround, signal: AbortSignal): Promise<boolean> {
  const { db, log, sessions, lookEverySeconds } = ground
  const integration = await takeTurn(db, lookEverySeconds)
  if (!integration) return false
  const { state } = await readBudget(db, integration)
  if (state === 'withdrawals_only' || state === 'spent') return true
  const since = integration.looked_until ?? integration.created_at
  try {
    const { session } = sessions.of(integration)
    const mended = await oweMisfits(db, integration, session)
    const { records, until } = await session.appeared(since, signal)
    if (integration.hold && !(await session.obstacle()))
      await (integration.hold.withdrawals_go_on ? liftHold(db, integration) : liftIdleHold(db, integration))
    const owed = mended + (await oweThoseWith(db, integration, records))
    await remember(
      db,
      integration,
      until,
      Date.now() - until.getTime() > 2 * lookEverySeconds * 1000 && until > since,
    )
    log.debug(
      { integration: integration.id, records: records.length, owed },
      'looked for records that appeared',
    )
    if (owed > 0) ground.onOwed()
  } catch (error) {
    if (signal.aborted) return false
    if (!(error instanceof TargetError)) throw error
    await rest(ground, integration, error)
  }
  return true
}

/** Not of a new integration: its first deliveries look everybody up anyway. */
async function takeTurn(runner: Runner, lookEverySeconds: number): Promise<IntegrationRow | undefined> {
  const { rows } = await sql<IntegrationRow>`
    update integrations set look_due_at = now() + ${lookEverySeconds}::float8 * interval '1 second'
    where (organization_id, id) = (
      select i.organization_id, i.id from integrations i
      where i.enabled and not i.paused and i.look_due_at <= now() and (not ${rests} or ${withdrawalsGoOn})
        and i.created_at <= now() - ${lookEverySeconds}::float8 * interval '1 second'
        and exists (select from deliveries d where d.organization_id = i.organization_id and d.integration_id = i.id)
      order by i.look_due_at limit 1 for update skip locked)
    returning *`.execute(runner)
  return rows[0]
}

/** Where somebody is due, what holds it may be the writing alone: their round says. */
async function liftIdleHold(runner: Runner, { organization_id, id }: IntegrationRow): Promise<void> {
  await sql`
    update integrations set hold = null, rest_until = null
    where organization_id = ${organization_id} and id = ${id} and hold is not null
      and not exists (
        select from deliveries
        where organization_id = ${organization_id} and integration_id = ${id} and due_at is not null
          and (state <> 'failed' or due_at <= now()))`.execute(runner)
}

/** @param atOnce there was more than one look can take */
async function remember(
  runner: Runner,
  { organization_id, id }: IntegrationRow,
  until: Date,
  atOnce: boolean,
): Promise<void> {
  await sql`
    update integrations
    set looked_until = greatest(looked_until, ${until}), look_due_at = case when ${atOnce} then now() else look_due_at end
    where organization_id = ${organization_id} and id = ${id}`.execute(runner)
}

/**
 * Resolves with how many people are owed by it. One by one along the indexes, whatever the tables' statistics say: they do not
 * tell how few ids hold a capital letter, and everybody would be read to find them.
 */
async function oweThoseWith(
  runner: Runner,
  { organization_id, id }: Pick<IntegrationRow, 'organization_id' | 'id'>,
  records: readonly Appearance[],
): Promise<number> {
  if (records.length === 0) return 0
  const { numAffectedRows } = await sql`
    with appeared as materialized (
      select * from jsonb_to_recordset(${JSON.stringify(records)}::jsonb) as r (value text, "isExact" boolean, id text, "insteadOf" text)
    ), named as materialized (
      select p.id as person_id, a.id as record_id
      from appeared a cross join lateral (
        select id from people
        where organization_id = ${organization_id} and organization_user_id = a.value
        offset 0) p
      union
      select p.id, a.id
      from appeared a cross join lateral (
        select id from people
        where organization_id = ${organization_id} and lower(organization_user_id) = a.value
          and organization_user_id <> lower(organization_user_id)
        offset 0) p
      where a."isExact" is not true
      union
      select r.person_id, a.id
      from appeared a cross join lateral (
        select person_id from remembered_records
        where organization_id = ${organization_id} and integration_id = ${id} and record_id = a."insteadOf"
        offset 0) r
    )
    update deliveries d set ${owedAgain}
    where d.organization_id = ${organization_id} and d.integration_id = ${id}
      and d.person_id = any (array(select person_id from named))
      and exists (
        select from named n
        where n.person_id = d.person_id and not d.links @> jsonb_build_array(jsonb_build_object('id', n.record_id)))`.execute(
    runner,
  )
  return Number(numAffectedRows ?? 0)
}
