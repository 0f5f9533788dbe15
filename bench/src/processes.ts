/** What processes took: CPU time and memory, from /proc. Elsewhere than on Linux there is none, and NaN is printed. */
import { readdirSync, readFileSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'

/** Of /proc's clock on every Linux that Node runs on. */
const TICKS_PER_SECOND = 100
const LOOK_EVERY_MS = 250

export interface Processes {
  node: number
  postmaster: number
  /** Of PostgreSQL's, the one that serves the bench: its looks are not for Heed to pay. */
  bench: number
}

export async function postmasterOf(cluster: string): Promise<number> {
  return Number((await readFile(join(cluster, 'postmaster.pid'), 'utf8')).split('\n')[0])
}

function read(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return undefined // it ended, or there is no /proc
  }
}

/** The fields of /proc/PID/stat behind the name, which may hold blanks: state is [0], the parent [1]. */
const statOf = (pid: number): string[] | undefined =>
  read(`/proc/${pid}/stat`)?.split(') ').at(-1)?.split(' ')

function childrenOf(parent: number): number[] {
  return readdirSync('/proc')
    .map(Number)
    .filter(pid => pid > 0 && Number(statOf(pid)?.[1]) === parent)
}

/** A process's own time together with that of its children that ended. */
function ticksOf(pid: number): number {
  const stat = statOf(pid)
  return stat ? [11, 12, 13, 14].reduce((sum, i) => sum + Number(stat[i]), 0) : Number.NaN
}

/** Of Heed and its PostgreSQL, since they started. */
export function cpuSeconds({ node, postmaster, bench }: Processes): number {
  if (process.platform !== 'linux') return Number.NaN
  const backends = childrenOf(postmaster)
    .filter(pid => pid !== bench)
    .reduce((sum, pid) => sum + (ticksOf(pid) || 0), 0)
  return (ticksOf(node) + ticksOf(postmaster) + backends) / TICKS_PER_SECOND
}

function kibOf(path: string, name: string): number {
  return Number(new RegExp(`^${name}:\\s+(\\d+) kB`, 'm').exec(read(path) ?? '')?.[1] ?? Number.NaN)
}

/** The most that a process ever held, as the kernel kept it. */
export const peakMiB = (pid: number): number => kibOf(`/proc/${pid}/status`, 'VmHWM') / 1024

const residentMiB = (pid: number): number => kibOf(`/proc/${pid}/status`, 'VmRSS') / 1024

/** Of PostgreSQL's processes together: what they share (128 MB of buffers) counts once. */
function postgresMiB(postmaster: number): number {
  const kib = [postmaster, ...childrenOf(postmaster)].map(
    pid => kibOf(`/proc/${pid}/smaps_rollup`, 'Pss') || 0,
  )
  return kib.reduce((sum, one) => sum + one, 0) / 1024
}

export interface Watch {
  /** Heed's memory at each look. */
  nodeMiB: number[]
  /** The most that PostgreSQL held at any look. */
  postgresPeakMiB: number
  stop(): void
}

export function watchMemory({ node, postmaster }: Processes): Watch {
  const look = (): void => {
    watch.nodeMiB.push(residentMiB(node))
    watch.postgresPeakMiB = Math.max(watch.postgresPeakMiB, postgresMiB(postmaster))
  }
  const timer = setInterval(look, LOOK_EVERY_MS)
  const watch: Watch = {
    nodeMiB: [],
    postgresPeakMiB: Number.NaN,
    stop() {
      clearInterval(timer)
      look()
    },
  }
  if (process.platform === 'linux') {
    watch.postgresPeakMiB = 0
    look()
  } else clearInterval(timer)
  return watch
}
