/** The peers' code is not part of the workspace: it is installed when it is measured, and the bench goes on without. */
import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { join } from 'node:path'

const directory = join(import.meta.dirname, '../peers')

/** Whether it is there now. Nobody's install scripts run. */
export function installPeers(): boolean {
  if (existsSync(join(directory, 'node_modules/.package-lock.json'))) return true
  const args = ['ci', '--prefix', directory, '--ignore-scripts', '--no-audit', '--no-fund']
  const { status, stderr } = spawnSync('npm', args, { encoding: 'utf8' })
  if (status !== 0) console.log(`The peers could not be installed and are left out:\n${stderr.trim()}\n`)
  return status === 0
}
