/** The embedded server belongs to one Heed at a time: the first to hold this lock, until its connection ends. */
import pg from 'pg'

const LOCK_KEY = 0x48656564 // 'Heed'

export class DataDirHeldError extends Error {
  override name = 'DataDirHeldError'
  constructor() {
    super('DATA_DIR: another Heed runs on this data directory')
  }
}

export async function holdSole(url: string): Promise<{ release(): Promise<void> }> {
  const client = new pg.Client({ connectionString: url, application_name: 'heed (holds the data directory)' })
  client.on('error', () => undefined)
  await client.connect()
  const { rows } = await client.query<{ held: boolean }>('select pg_try_advisory_lock($1) as held', [
    LOCK_KEY,
  ])
  if (rows[0]?.held) return { release: () => client.end() }
  await client.end()
  throw new DataDirHeldError()
}
