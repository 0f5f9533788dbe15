/** Each mapped field back to the event that set it, and where it was written. */
import { sql } from 'kysely'
import { z } from 'zod'
import { type Effect, type Fault, type Owed, TargetError, type Written } from '../connectors/contract.ts'
import type { Runner } from '../store/database.ts'
import type { ConfigureGround } from './configure.ts'
import { deliveryOutputOf } from './deliveries.ts'
import type { IntegrationRow } from './integration.ts'
import { type OwedRow, owedOf } from './owed.ts'
import { deliveryOutput, fault, recordRef } from './schema.ts'
import type { Sessions } from './sessions.ts'
import type { SubjectRow } from './subject.ts'

const call = z
  .object({
    id: z.string(),
    at: z.string(),
    method: z.string(),
    path: z.string(),
    status: z.number().nullable().describe('null: no answer came'),
    rows: z.number(),
    duration_ms: z.number(),
    error: z.string().nullable(),
  })
  .describe('A request to the target; kept for 30 days')

export const explanation = z.object({
  organization_user_id: z.string(),
  integration_id: z.string(),
  regulation: z.string(),
  fields: z.array(
    z.object({
      id: z.string().describe('The field of the target'),
      sobject: z.string().optional(),
      element: z.string().describe('What the mapping points at'),
      type: z.string().optional(),
      chosen: z
        .unknown()
        .describe(
          'What the person’s status holds at the element; null: nothing was ever stated, or none is read',
        ),
      written: z
        .array(
          z.object({
            sobject: z.string(),
            value: z.unknown().describe('After `invert`, `values` and the field’s type; null: it is emptied'),
            error: fault.nullable().describe('Why it is left alone instead'),
          }),
        )
        .nullable()
        .describe('What a delivery writes; empty: the field is left alone. null: see written_error'),
      event_id: z.string().nullable(),
      stated_at: z.string().nullable(),
    }),
  ),
  written_error: fault
    .nullable()
    .describe('Why it is not known what is written: the target could not be asked what its fields are'),
  delivery: deliveryOutput.nullable(),
  last_attempts: z.array(
    z.object({
      at: z.string(),
      round: z.string(),
      state: z.string(),
      error: fault.nullable(),
      error_call: call.nullable().describe('The call that was answered so'),
      records: z.array(recordRef.extend({ call: call.nullable() })),
    }),
  ),
})

const ATTEMPTS_SHOWN = 10

export async function explain(
  { db, libraries, sessions }: ConfigureGround,
  integration: IntegrationRow,
  person: SubjectRow,
): Promise<z.infer<typeof explanation>> {
  const organizationUserId = person.organization_user_id ?? ''
  const { rows: deliveries } = await sql<DeliveryRow>`
    select ${organizationUserId} as organization_user_id, state, attempts, due_at, lease, error, links, updated_at,
      withdrawal, to_jsonb(withdrawn) as withdrawn, date_part('epoch', owed_since) * 1000 as owed_since_ms
    from deliveries
    where organization_id = ${integration.organization_id} and integration_id = ${integration.id}
      and person_id = ${person.id}`.execute(db)
  const row = {
    ...person,
    person_id: person.id,
    links: deliveries[0]?.links ?? [],
    digest: null,
    withdrawal: deliveries[0]?.withdrawal ?? false,
    withdrawn: deliveries[0]?.withdrawn ?? null,
    owed_since_ms: deliveries[0]?.owed_since_ms ?? null,
  }
  const [owed] = (await owedOf(libraries, integration, [row])) as [Owed]
  const { effects, error: writtenError } = await effectsOf(sessions, integration, owed)
  const attempts = await readAttempts(db, integration, person)
  const calls = await readCalls(db, integration, attempts)
  return {
    organization_user_id: organizationUserId,
    integration_id: integration.id,
    regulation: owed.regulation,
    fields: integration.mappings.map((mapping, index) => {
      const held = owed.stated.get(mapping.value)
      return {
        id: mapping.id,
        ...('sobject' in mapping && typeof mapping.sobject === 'string' ? { sobject: mapping.sobject } : {}),
        element: mapping.value,
        ...(mapping.type === undefined ? {} : { type: mapping.type }),
        chosen: held?.value ?? null,
        written: effects?.filter(effect => effect.mapping === index).map(writtenOf) ?? null,
        // None, where a yes was taken back by deleting its event.
        event_id: held?.eventId || null,
        stated_at: held?.atMs === undefined ? null : new Date(held.atMs).toISOString(),
      }
    }),
    written_error: writtenError && faultOf(writtenError),
    delivery: deliveries[0] ? deliveryOutputOf(deliveries[0]) : null,
    last_attempts: attempts.map(({ at, written, error, ...attempt }) => ({
      ...attempt,
      at: at.toISOString(),
      error: error && faultOf(error),
      error_call: calls.get(error?.call ?? '') ?? null,
      records: written.map(({ object, id, call }) => ({
        sobject: object,
        id,
        call: calls.get(call ?? '') ?? null,
      })),
    })),
  }
}

type DeliveryRow = Parameters<typeof deliveryOutputOf>[0] &
  Pick<OwedRow, 'withdrawal' | 'withdrawn' | 'owed_since_ms'>

interface Attempt {
  at: Date
  round: string
  state: string
  error: Fault | null
  written: Written[]
}

async function readAttempts(
  runner: Runner,
  integration: IntegrationRow,
  { id }: SubjectRow,
): Promise<Attempt[]> {
  const { rows } = await sql<Attempt>`
    select at, round, state, error, written from delivery_log
    where organization_id = ${integration.organization_id} and integration_id = ${integration.id}
      and person_id = ${id}
    order by at desc limit ${ATTEMPTS_SHOWN}`.execute(runner)
  return rows
}

async function readCalls(
  runner: Runner,
  integration: IntegrationRow,
  attempts: readonly Attempt[],
): Promise<Map<string, z.infer<typeof call>>> {
  const ids = attempts.flatMap(({ error, written }) => [error?.call, ...written.map(one => one.call)])
  const { rows } = await sql<Omit<z.infer<typeof call>, 'at'> & { at: Date }>`
    select id, at, method, path, status, rows, duration_ms, error from target_calls
    where organization_id = ${integration.organization_id} and integration_id = ${integration.id}
      and id = any (${ids.filter(id => id !== undefined)}::text[])`.execute(runner)
  return new Map(rows.map(row => [row.id, { ...row, at: row.at.toISOString() }]))
}

/** What was chosen is told although the target is away. */
async function effectsOf(
  sessions: Sessions,
  integration: IntegrationRow,
  owed: Owed,
): Promise<{ effects: readonly Effect[] | null; error: TargetError | null }> {
  try {
    return { effects: await sessions.of(integration).session.effects(owed), error: null }
  } catch (error) {
    if (!(error instanceof TargetError)) throw error
    return { effects: null, error }
  }
}

const writtenOf = ({ object, value = null, fault }: Effect) => ({
  sobject: object,
  value,
  error: fault ? faultOf(fault) : null,
})

const faultOf = ({ code, message, cure }: Fault): Fault => ({ code, message, cure })
