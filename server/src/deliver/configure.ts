/** Creates and changes integrations: nothing is saved that the target has not been seen to accept. */
import { sql } from 'kysely'
import { z } from 'zod'
import { newId } from '../access/ids.ts'
import type { Vault } from '../access/vault.ts'
import { type Configuration, type Connector, type Issue, TargetError } from '../connectors/contract.ts'
import type { Connectors } from '../connectors/registry.ts'
import { invalid, notFound, Refusal } from '../http/errors.ts'
import { errorsOf } from '../http/validation.ts'
import type { Libraries } from '../library/libraries.ts'
import { regulation } from '../library/regulations.ts'
import { type Database, inTransaction, type Runner } from '../store/database.ts'
import { nextRun, scheduleErrors } from './audit/schedule.ts'
import { credentialsOf, type IntegrationRow, readIntegration, sealCredentials } from './integration.ts'
import { readingsOf, regulationOf } from './readings.ts'
import type { IntegrationInput, IntegrationPatch } from './schema.ts'
import type { Sessions } from './sessions.ts'
import { textOf } from './targetText.ts'

export interface ConfigureGround {
  db: Database
  vault: Vault
  connectors: Connectors
  libraries: Libraries
  sessions: Sessions
}

/** @param isDryRun everything is held against the target, nothing is saved: the answer is what would be */
export async function createIntegration(
  ground: ConfigureGround,
  organizationId: string,
  input: IntegrationInput,
  isDryRun: boolean,
): Promise<IntegrationRow> {
  const connector = ground.connectors.get(input.type_id)
  if (!connector) throw invalid({ type_id: `is none of ${[...ground.connectors.keys()].join(', ')}` })
  const configuration = parseConfiguration(connector, input)
  refuseErrors(scheduleErrors(input.audit))
  await holdAgainstTarget(ground, organizationId, connector, configuration)
  const id = newId()
  return whole(ground.db, isDryRun, async trx => {
    await sql`
      insert into integrations (organization_id, id, type_id, name, enabled, paused, credentials, properties, mappings,
        upsert_mode, daily_call_share, audit_schedule, audit_time_zone, audit_repairs, audit_due_at)
      values (${organizationId}, ${id}, ${input.type_id}, ${input.name}, ${input.enabled}, ${input.paused},
        ${sealCredentials(ground.vault, id, configuration.authentication)}, ${JSON.stringify(configuration.properties)},
        ${JSON.stringify(configuration.mappings)}, ${configuration.upsertMode}, ${input.daily_call_share},
        ${input.audit.schedule}, ${input.audit.time_zone}, ${input.audit.repair}, ${nextRun(input.audit) ?? null})`.execute(
      trx,
    )
    return (await readIntegration(trx, organizationId, id)) as IntegrationRow
  })
}

/** Owes nobody by itself; lifts a hold, so that a mended configuration is tried at once. */
export async function changeIntegration(
  ground: ConfigureGround,
  organizationId: string,
  id: string,
  patch: IntegrationPatch,
  isDryRun: boolean,
): Promise<IntegrationRow> {
  const row = await readIntegration(ground.db, organizationId, id)
  if (!row) throw notFound('integration')
  if (patch.type_id !== undefined && patch.type_id !== row.type_id)
    throw invalid({ type_id: 'cannot be changed' })
  const { connector, configuration } = changed(ground, row, patch)
  const {
    schedule = row.audit_schedule,
    time_zone = row.audit_time_zone,
    repair = row.audit_repairs,
  } = patch.audit ?? {}
  const audit = { schedule, time_zone, repair }
  refuseErrors(scheduleErrors(audit))
  const isTouched =
    patch.authentication || patch.properties || patch.mappings || patch.upsert_mode !== undefined
  if (isTouched) await holdAgainstTarget(ground, organizationId, connector, configuration)
  return whole(ground.db, isDryRun, async trx => {
    const { numAffectedRows } = await sql`
      update integrations
      set name = ${patch.name ?? row.name}, enabled = ${patch.enabled ?? row.enabled}, paused = ${patch.paused ?? row.paused},
        credentials = ${patch.authentication ? sealCredentials(ground.vault, id, configuration.authentication) : row.credentials},
        properties = ${JSON.stringify(configuration.properties)}, mappings = ${JSON.stringify(configuration.mappings)},
        upsert_mode = ${configuration.upsertMode}, daily_call_share = ${patch.daily_call_share ?? row.daily_call_share},
        audit_schedule = ${audit.schedule}, audit_time_zone = ${audit.time_zone}, audit_repairs = ${audit.repair},
        audit_due_at = ${patch.audit ? (nextRun(audit) ?? null) : sql`audit_due_at`},
        hold = null, rest_until = null, version = version + 1, updated_at = now()
      where organization_id = ${organizationId} and id = ${id} and version = ${row.version}`.execute(trx)
    if (!numAffectedRows)
      throw new Refusal('conflict', 'the integration was changed meanwhile: read it and try again')
    return (await readIntegration(trx, organizationId, id)) as IntegrationRow
  })
}

/** The integration as it would be, held against the target like one that is saved: to look at what it would write. */
export async function rehearse(
  ground: ConfigureGround,
  row: IntegrationRow,
  change: Pick<IntegrationPatch, 'properties' | 'mappings' | 'upsert_mode'>,
): Promise<IntegrationRow> {
  const { connector, configuration } = changed(ground, row, change)
  await holdAgainstTarget(ground, row.organization_id, connector, configuration)
  const { properties, mappings, upsertMode } = configuration
  return {
    ...row,
    properties: properties as IntegrationRow['properties'],
    mappings: [...mappings],
    upsert_mode: upsertMode,
  }
}

function changed(
  { connectors, vault }: ConfigureGround,
  row: IntegrationRow,
  patch: IntegrationPatch,
): { connector: Connector; configuration: Configuration } {
  const connector = connectors.get(row.type_id)
  if (!connector) throw new Error(`no connector is called ${row.type_id}`)
  const configuration = parseConfiguration(connector, {
    authentication: merged(storedCredentials(vault, row, patch), patch.authentication),
    properties: patch.properties ?? row.properties,
    mappings: patch.mappings ?? row.mappings,
    upsert_mode: patch.upsert_mode ?? row.upsert_mode,
  })
  return { connector, configuration }
}

class Rehearsed extends Error {
  readonly row: IntegrationRow
  constructor(row: IntegrationRow) {
    super('a dry run is rolled back')
    this.row = row
  }
}

/** A dry run does all of it and rolls back: what it says is what would be. */
async function whole(
  db: Database,
  isDryRun: boolean,
  work: (trx: Runner) => Promise<IntegrationRow>,
): Promise<IntegrationRow> {
  try {
    return await inTransaction(db, async trx => {
      const row = await work(trx)
      if (isDryRun) throw new Rehearsed(row)
      return row
    })
  } catch (error) {
    if (error instanceof Rehearsed) return error.row
    throw error
  }
}

function refuseErrors(errors: Record<string, string>): void {
  if (Object.keys(errors).length > 0) throw invalid(errors)
}

/** Field by field; null takes one away, so that one way of signing in can take the place of another. */
const merged = (stored: object, given: Record<string, unknown> = {}): Record<string, unknown> =>
  Object.fromEntries(Object.entries({ ...stored, ...given }).filter(([, value]) => value !== null))

/** Those that another key sealed cannot be merged into: they must come whole. */
function storedCredentials(vault: Vault, row: IntegrationRow, patch: IntegrationPatch): object {
  try {
    return credentialsOf(vault, row)
  } catch (error) {
    if (patch.authentication) return {}
    throw error
  }
}

function parseConfiguration(
  connector: Connector,
  input: Pick<IntegrationInput, 'authentication' | 'properties' | 'mappings' | 'upsert_mode'>,
): Configuration {
  const { authentication, properties, mapping } = connector.manifest
  const schema = z.object({ authentication, properties, mappings: z.array(mapping) })
  const parsed = schema.safeParse(input)
  if (!parsed.success) throw invalid(errorsOf(parsed.error.issues))
  // Under another one nobody ever states anything: it would deliver nothing, and say nothing.
  if (!regulation.safeParse(regulationOf(parsed.data.properties as Record<string, unknown>)).success)
    throw invalid({ 'properties.regulation': `is none of ${regulation.options.join(', ')}` })
  return { ...parsed.data, upsertMode: input.upsert_mode }
}

async function holdAgainstTarget(
  { libraries, sessions }: ConfigureGround,
  organizationId: string,
  connector: Connector,
  configuration: Configuration,
): Promise<void> {
  const readings = readingsOf(await libraries.fresh(organizationId), configuration.mappings)
  if (readings.unknown.length > 0)
    throw invalid(
      Object.fromEntries(
        readings.unknown.map(i => [
          `mappings[${i}].value`,
          'points at nothing: take an element id of GET /v1/config-trees, or a path such as consents_purposes_{purpose}_enabled',
        ]),
      ),
    )
  const session = sessions.open(connector.manifest.id, configuration)
  try {
    const issues = await session.validate(readings.sources)
    refuseErrors(textsOf(issues))
  } catch (error) {
    if (!(error instanceof TargetError)) throw error
    throw new Refusal(
      'invalid_request',
      `the target could not be asked: ${error.message}`,
      { authentication: textOf(error) },
      { cause: error },
    )
  } finally {
    await session.close()
  }
}

/** One mistake can be several findings, one for each object: what they say, and each cure once. */
const textsOf = (issues: readonly Issue[]): Record<string, string> =>
  Object.fromEntries(
    [...Map.groupBy(issues, ({ path }) => path)].map(([path, all]) => [
      path,
      [...new Set([...all.map(({ message }) => message), ...all.map(({ cure }) => cure)])].join(' ').trim(),
    ]),
  )
