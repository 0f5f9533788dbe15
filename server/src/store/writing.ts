/**
 * The connections of the writer, on which a commit takes as few turns as can be.
 *
 * - Statements with parameters are prepared under a name, so that PostgreSQL plans them once per connection: planning
 *   takes as long as running them for a handful of events (measured: one event at a time 190 a second without, 360
 *   with; in requests of 100 7,300 without, 10,000 with).
 * - A plan made while a table was small would read it from end to end for ever, so these connections know nothing but
 *   index scans and nested loops: right for statements that touch some hundred rows by their keys, and for nothing else.
 * - `begin` goes out together with the first statement, whose answer is waited for anyhow.
 */
import { createHash } from 'node:crypto'
import {
  CompiledQuery,
  type DatabaseConnection,
  PostgresDialect,
  type PostgresDialectConfig,
  PostgresDriver,
} from 'kysely'
import pg from 'pg'

const plannerOptions = [
  '-c enable_seqscan=off',
  '-c enable_hashjoin=off',
  '-c enable_mergejoin=off',
  '-c plan_cache_mode=force_generic_plan',
].join(' ')

/** By text: all texts are fixed, so there are as many as there are statements in the source. */
const names = new Map<string, string>()

function nameOf(text: string): string {
  const known = names.get(text)
  if (known) return known
  const name = createHash('sha256').update(text).digest('base64url').slice(0, 32)
  names.set(text, name)
  return name
}

class PreparingClient extends pg.Client {
  // biome-ignore lint/suspicious/noExplicitAny: pg overloads this method by callbacks and streams, which pass through
  override query(text: any, values?: any, ...rest: any[]): any {
    const prepares = typeof text === 'string' && Array.isArray(values) && values.length > 0
    return prepares
      ? super.query({ name: nameOf(text), text, values }, ...(rest as []))
      : super.query(text, values, ...(rest as []))
  }
}

/** What a pool of such connections is opened with. */
export const writingPool = { Client: PreparingClient, options: plannerOptions }

class WritingDriver extends PostgresDriver {
  override async beginTransaction(connection: DatabaseConnection): Promise<void> {
    // Where it fails the connection is gone, and what follows on it fails likewise.
    connection.executeQuery(CompiledQuery.raw('begin')).catch(() => undefined)
  }
}

export class WritingDialect extends PostgresDialect {
  readonly #config: PostgresDialectConfig
  constructor(config: PostgresDialectConfig) {
    super(config)
    this.#config = config
  }
  override createDriver(): PostgresDriver {
    return new WritingDriver(this.#config)
  }
}
