/** Brings the database to the newest numbered migration. Several nodes may start at once: Kysely's Migrator locks. */
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { sql } from 'kysely'
import { type Migration, Migrator } from 'kysely/migration'
import type { Database } from './database.ts'

const folder = join(import.meta.dirname, '../../migrations')

export class NewerDatabaseError extends Error {
  override name = 'NewerDatabaseError'
  constructor(migration: string) {
    super(
      `the database was made by a newer Heed, whose migration ${migration} this one lacks: start that one, or restore a backup from before it`,
    )
  }
}

export async function migrate(db: Database): Promise<void> {
  const { error } = await migrator(db).migrateToLatest()
  const [, unknown] = /previously executed migration (\S+) is missing/.exec(String(error)) ?? []
  if (unknown) throw new NewerDatabaseError(unknown)
  if (error) throw new Error('the database could not be migrated', { cause: error })
}

export async function isMigrated(db: Database): Promise<boolean> {
  const migrations = await migrator(db).getMigrations()
  return migrations.every(migration => migration.executedAt !== undefined)
}

const migrator = (db: Database) => new Migrator({ db, provider: { getMigrations: readMigrations } })

async function readMigrations(): Promise<Record<string, Migration>> {
  const names = (await readdir(folder)).filter(name => name.endsWith('.sql')).sort()
  const texts = await Promise.all(names.map(name => readFile(join(folder, name), 'utf8')))
  return Object.fromEntries(
    names.map((name, i) => [
      name.replace(/\.sql$/, ''),
      {
        up: db =>
          sql
            .raw(texts[i] as string)
            .execute(db)
            .then(() => undefined),
      },
    ]),
  )
}
