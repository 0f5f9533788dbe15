/** Heed as its user runs it: a process of its own, started by its command. */
import { type ChildProcess, spawn } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after } from 'node:test'

export interface HeedProcess {
  url: string
  /** What it has printed so far. */
  output(): string
  /** Resolves with the exit code, or the signal. */
  end(signal: NodeJS.Signals): Promise<number | NodeJS.Signals>
}

const root = join(import.meta.dirname, '../..')
const main = join(root, 'server/src/main.ts')

export async function temporaryDataDir(): Promise<string> {
  const dataDir = await mkdtemp(join(tmpdir(), 'heed-process-'))
  after(() => rm(dataDir, { recursive: true, force: true }))
  return dataDir
}

/** Only what is given: the settings of whoever runs the tests stay out. */
export function spawnHeed(
  env: Record<string, string>,
  [command, ...args]: readonly [string, ...string[]] = [process.execPath, main],
): ChildProcess {
  const { PATH, HOME, NODE_COMPILE_CACHE } = process.env
  return spawn(command, args, {
    cwd: root,
    env: { PATH, HOME, NODE_COMPILE_CACHE, HEED_LOG_LEVEL: 'warn', ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
}

export async function startHeedProcess(
  env: Record<string, string>,
  command?: readonly [string, ...string[]],
): Promise<HeedProcess> {
  const child = spawnHeed({ PORT: '0', ...env }, command)
  let output = ''
  for (const stream of [child.stdout, child.stderr])
    stream?.setEncoding('utf8').on('data', text => {
      output += text
    })
  const ended = new Promise<number | NodeJS.Signals>(resolve => {
    child.once('exit', (code, signal) => resolve(code ?? (signal as NodeJS.Signals)))
  })
  after(() => void child.kill('SIGKILL'))
  const url = await new Promise<string>((resolve, reject) => {
    const look = () => {
      const found = /listens at (\S+)/.exec(output)?.[1]
      if (found) resolve(found)
    }
    child.stdout?.on('data', look)
    child.once('exit', code => reject(new Error(`Heed ended (${code}) before it listened:\n${output}`)))
  })
  return {
    url,
    output: () => output,
    end(signal) {
      child.kill(signal)
      return ended
    },
  }
}
