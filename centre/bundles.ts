/** The scripts for customers' pages, made from their sources when one is first asked for: there is no build to forget. */
import { createHash } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { gzip } from 'node:zlib'
import { build, type Plugin, stop, transform } from 'esbuild'

export interface Bundle {
  script: Buffer
  gzipped: Buffer
  etag: string
}

const bundles = new Map<string, Promise<Bundle>>()

/** @param name of a file in `src/` */
export function bundleOf(name: 'heed' | 'loader'): Promise<Bundle> {
  const known = bundles.get(name)
  if (known) return known
  const made = make(name)
  bundles.set(name, made)
  made.catch(() => bundles.delete(name))
  return made
}

async function make(name: string): Promise<Bundle> {
  const { outputFiles } = await build({
    entryPoints: [join(import.meta.dirname, 'src', `${name}.ts`)],
    bundle: true,
    minify: true,
    format: 'iife',
    target: 'es2022',
    charset: 'utf8',
    write: false,
    conditions: ['heed-source'],
    plugins: [styles],
  })
  await stop()
  const script = Buffer.from((outputFiles[0] as { contents: Uint8Array }).contents)
  const etag = `"${createHash('sha256').update(script).digest('base64url').slice(0, 22)}"`
  return { script, gzipped: await promisify(gzip)(script, { level: 9 }), etag }
}

/** A stylesheet is imported as its minified text. */
const styles: Plugin = {
  name: 'styles',
  setup({ onLoad }) {
    onLoad({ filter: /\.css$/ }, async ({ path }) => {
      const { code } = await transform(await readFile(path, 'utf8'), { loader: 'css', minify: true })
      return { contents: code.trim(), loader: 'text' }
    })
  },
}
