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

const style = read('style.css', 'text/css; charset=utf-8')
const live = read('live.js', 'text/javascript; charset=utf-8')

export const STYLE_PATH = style.path
export const LIVE_PATH = live.path
export const assets: readonly Asset[] = [style, live]

function read(name: string, type: string): Asset {
  const text = readFileSync(join(import.meta.dirname, 'assets', name), 'utf8')
  const [base, extension] = name.split('.') as [string, string]
  const digest = createHash('sha256').update(text).digest('base64url').slice(0, 12)
  const packed = { br: brotliCompressSync(text), gzip: gzipSync(text, { level: 9 }) }
  return { path: `/centre-assets/${base}.${digest}.${extension}`, type, text, packed }
}
