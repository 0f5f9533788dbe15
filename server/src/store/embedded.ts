/**
 * The embedded PostgreSQL: real PostgreSQL 18 from npm, fsync on, no port open.
 * It listens on a Unix socket in the data directory. A server that a killed Heed left behind is taken over.
 */
import { spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { chmod, chown, lchown, lstat, mkdir, open, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import pg from 'pg'
import { findBinaries } from './binaries.ts'

/** `nobody` on Debian and most others: PostgreSQL refuses to run as root. */
const UNPRIVILEGED_UID = 65534
const START_TIMEOUT_MS = 60_000
const STOP_TIMEOUT_MS = 8_000

export interface EmbeddedDatabase {
  url: string
  /** It was running already. */
  adopted: boolean
  stop(): Promise<void>
}

export interface EmbeddedOptions {
  /** For tests: what is lost at a power cut does not matter there. Default on. */
  fsync?: boolean
  maxConnections?: number
}

export async function startEmbedded(
  dataDir: string,
  options: EmbeddedOptions = {},
): Promise<EmbeddedDatabase> {
  const asRoot = process.getuid?.() === 0
  const owner = asRoot ? { uid: UNPRIVILEGED_UID, gid: UNPRIVILEGED_UID } : {}
  const cluster = join(dataDir, 'postgresql')
  await mkdir(dataDir, { recursive: true })
  if (asRoot) await chmod(dataDir, 0o711)
  const { initdb, postgres } = await findBinaries(dataDir, asRoot)
  await mkdir(cluster, { recursive: true, mode: 0o700 })
  if (asRoot) await handOver(cluster)
  const sockets = await socketDirectory(cluster)
  const url = `postgresql:///postgres?host=${encodeURIComponent(sockets)}&user=heed`

  const left = await readServerPid(cluster)
  if (left !== undefined) {
    if (await answers(url, START_TIMEOUT_MS)) return { url, adopted: true, stop: () => stopServer(left) }
    await stopServer(left)
  }
  if (!(await isCluster(cluster))) await initialize(initdb, cluster, owner)
  await rm(join(cluster, 'postmaster.pid'), { force: true })

  const log = await open(join(cluster, 'server.log'), 'a')
  const server = spawn(postgres, ['-D', cluster, ...serverOptions(sockets, options)], {
    ...owner,
    cwd: cluster,
    detached: true, // a Ctrl-C meant for Heed must not reach it: Heed stops it last
    stdio: ['ignore', log.fd, log.fd],
  })
  await log.close()
  let exited = false
  server.once('exit', () => {
    exited = true
  })
  server.once('error', () => {
    exited = true
  })
  if (!(await answers(url, START_TIMEOUT_MS, () => exited)))
    throw new Error(
      `the embedded PostgreSQL did not start; its log ends: ${await tail(join(cluster, 'server.log'))}`,
    )
  server.unref()
  return { url, adopted: false, stop: () => stopServer(server.pid as number) }
}

function serverOptions(sockets: string, options: EmbeddedOptions): string[] {
  const settings = {
    listen_addresses: '',
    unix_socket_directories: sockets,
    unix_socket_permissions: '0700',
    fsync: options.fsync === false ? 'off' : 'on',
    synchronous_commit: options.fsync === false ? 'off' : 'on',
    full_page_writes: options.fsync === false ? 'off' : 'on',
    max_connections: String(options.maxConnections ?? 60),
    shared_buffers: '128MB',
    max_wal_size: '2GB',
    checkpoint_timeout: '15min',
    wal_compression: 'on',
    timezone: 'UTC',
    log_timezone: 'UTC',
    log_min_error_statement: 'panic', // a failed statement's text can hold personal data
    log_parameter_max_length: '0',
    log_parameter_max_length_on_error: '0',
    log_error_verbosity: 'terse', // no DETAIL line, which repeats the offending row
    jit: 'off',
  }
  return Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`])
}

/** The kernel bounds a socket's path at 107 bytes: a cluster that lies too deep has its socket below /tmp. */
async function socketDirectory(cluster: string): Promise<string> {
  if (Buffer.byteLength(join(cluster, '.s.PGSQL.5432')) <= 107) return cluster
  const short = join('/tmp', `heed-${createHash('sha256').update(cluster).digest('hex').slice(0, 24)}`)
  await mkdir(short, { recursive: true, mode: 0o700 })
  const asRoot = process.getuid?.() === 0
  if (asRoot) await chown(short, UNPRIVILEGED_UID, UNPRIVILEGED_UID)
  const found = await lstat(short)
  const expected = asRoot ? UNPRIVILEGED_UID : process.getuid?.()
  if (!found.isDirectory() || found.uid !== expected || (found.mode & 0o077) !== 0)
    throw new Error(`${short} is not ours: choose a DATA_DIR with a shorter path`)
  return short
}

async function initialize(
  initdb: string,
  cluster: string,
  owner: { uid?: number; gid?: number },
): Promise<void> {
  const args = ['-D', cluster, '-U', 'heed', '-A', 'trust', '--encoding=UTF8', '--no-instructions']
  args.push('--locale-provider=builtin', '--builtin-locale=C.UTF-8', '--locale=C')
  const child = spawn(initdb, args, { ...owner, cwd: cluster, stdio: ['ignore', 'pipe', 'pipe'] })
  let said = ''
  child.stdout.on('data', chunk => {
    said += chunk
  })
  child.stderr.on('data', chunk => {
    said += chunk
  })
  const code = await new Promise<number | null>((resolve, reject) => {
    child.once('error', reject)
    child.once('exit', resolve)
  })
  if (code !== 0) throw new Error(`initdb failed (${code}): ${said.trim().slice(-500)}`)
  await writeFile(join(cluster, 'HEED'), 'initialized\n')
}

/** What restores a backup leaves files, folders or both to whoever ran it. */
async function handOver(cluster: string): Promise<void> {
  await chown(cluster, UNPRIVILEGED_UID, UNPRIVILEGED_UID)
  const marks = await Promise.all(
    ['PG_VERSION', 'global'].map(name => lstat(join(cluster, name)).catch(() => undefined)),
  )
  if (marks.every(mark => mark === undefined || mark.uid === UNPRIVILEGED_UID)) return
  for (const name of await readdir(cluster, { recursive: true }))
    await lchown(join(cluster, name), UNPRIVILEGED_UID, UNPRIVILEGED_UID)
}

/** initdb that was cut short leaves PG_VERSION behind; the mark is written last. */
async function isCluster(cluster: string): Promise<boolean> {
  if (await readFile(join(cluster, 'HEED')).catch(() => undefined)) return true
  await rm(cluster, { recursive: true, force: true })
  await mkdir(cluster, { mode: 0o700 })
  if (process.getuid?.() === 0) await chown(cluster, UNPRIVILEGED_UID, UNPRIVILEGED_UID)
  return false
}

/** The postmaster of this cluster, if it runs; a pid file whose process is gone or is another program counts as none. */
async function readServerPid(cluster: string): Promise<number | undefined> {
  const text = await readFile(join(cluster, 'postmaster.pid'), 'utf8').catch(() => '')
  const pid = Number(text.split('\n')[0])
  if (!Number.isInteger(pid) || pid <= 0 || !isAlive(pid)) return undefined
  const command = await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => undefined)
  return command === undefined || command.includes(cluster) ? pid : undefined
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch {
    return false
  }
}

/** SIGINT is PostgreSQL's fast shutdown: sessions are ended, a checkpoint is written. */
async function stopServer(pid: number): Promise<void> {
  for (const signal of ['SIGINT', 'SIGQUIT'] as const) {
    if (!isAlive(pid)) return
    process.kill(pid, signal)
    const deadline = Date.now() + STOP_TIMEOUT_MS
    while (isAlive(pid) && Date.now() < deadline) await pause(20)
  }
}

async function answers(
  url: string,
  timeoutMs: number,
  gaveUp: () => boolean = () => false,
): Promise<boolean> {
  const deadline = Date.now() + timeoutMs
  while (Date.now() < deadline && !gaveUp()) {
    const client = new pg.Client({ connectionString: url })
    try {
      await client.connect()
      await client.query('select 1')
      return true
    } catch {
      await pause(25)
    } finally {
      await client.end().catch(() => undefined)
    }
  }
  return false
}

async function tail(path: string): Promise<string> {
  const text = await readFile(path, 'utf8').catch(() => '')
  return text.trim().split('\n').slice(-5).join(' | ')
}
