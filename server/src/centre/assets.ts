/** Stylesheet and script of the hosted page, under names that change with their content: browsers keep them for ever. */
import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { brotliCompressSync, gzipSync } from 'node:zlib'

interface Asset {
  path: string
  type: string
  text: string
  /** Smallest of all, since it is done once. */
  packed: Readonly<Record<'br' | 'gzip', Buffer>>
}

const [controls, clock] = ['controls.css', 'clock.js'].map(
  name => new URL(import.meta.resolve(`@heed/centre/${name}`)),
) as [URL, URL]
const style = asset('style.css', 'text/css; charset=utf-8', [controls, own('style.css')])
const live = asset('live.js', 'text/javascript; charset=utf-8', [clock, own('live.js')])

export const STYLE_PATH = style.path
export const LIVE_PATH = live.path
export const assets: readonly Asset[] = [style, live]

function own(name: string): string {
  return join(import.meta.dirname, 'assets', name)
}

function asset(name: string, type: string, sources: readonly (string | URL)[]): Asset {
  const text = sources.map(source => readFileSync(source, 'utf8')).join('')
  const [base, extension] = name.split('.') as [string, string]
  const digest = createHash('sha256').update(text).digest('base64url').slice(0, 12)
  const packed = { br: brotliCompressSync(text), gzip: gzipSync(text, { level: 9 }) }
  return { path: `/centre-assets/${base}.${digest}.${extension}`, type, text, packed }
}
