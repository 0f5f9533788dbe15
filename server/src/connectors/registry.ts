/** Finds the connectors: each folder beside this file that has a `connector.ts` is one. */
import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import type { Connector } from './contract.ts'

export type Connectors = ReadonlyMap<string, Connector>

export async function loadConnectors(): Promise<Connectors> {
  const folders = (await readdir(import.meta.dirname, { withFileTypes: true })).filter(entry =>
    entry.isDirectory(),
  )
  const connectors = await Promise.all(
    folders.map(async ({ name }) => {
      const module = (await import(pathToFileURL(join(import.meta.dirname, name, 'connector.ts')).href)) as {
        default: Connector
      }
      return module.default
    }),
  )
  return new Map(connectors.map(connector => [connector.manifest.id, connector]))
}
