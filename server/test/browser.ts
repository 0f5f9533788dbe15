/** A real browser for a test file, and whether what it shows can be used by everybody. */
import assert from 'node:assert/strict'
import { existsSync, readFileSync } from 'node:fs'
import { mkdtemp, rename, rm } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { after } from 'node:test'
import chromium from '@sparticuz/chromium'
import { type BrowserContextOptions, chromium as driver, type Page } from 'playwright-core'

const { resolve } = createRequire(import.meta.url)
const axe = readFileSync(resolve('axe-core/axe.min.js'), 'utf8')

export interface Browser {
  /** Each page in a context of its own: nobody is signed in. */
  open(options?: BrowserContextOptions): Promise<Page>
}

export async function startBrowser(): Promise<Browser> {
  const launching = launch()
  // At once, so that what is started meanwhile is ended after it.
  after(async () => (await launching).close())
  const browser = await launching
  return {
    async open(options) {
      const context = await browser.newContext(options)
      const page = await context.newPage()
      page.on('pageerror', error => assert.fail(`a script failed: ${error}`))
      return page
    },
  }
}

const launch = async () =>
  driver.launch({
    executablePath: await unpackedBrowser(),
    args: chromium.args.filter(argument => argument !== '--single-process'),
  })

/**
 * The package unpacks into the directory for temporary files, to where it looks whether it has: two test files that start
 * together would meet half a browser, and so would every later run where one was ended meanwhile. Here it is there whole
 * or not at all, and goes with its version.
 */
async function unpackedBrowser(): Promise<string> {
  const folder = join(dirname(resolve('@sparticuz/chromium')), '../unpacked')
  if (!existsSync(folder)) {
    const own = await mkdtemp(`${folder}-`)
    const { TMPDIR } = process.env
    process.env.TMPDIR = own
    const unpacking = chromium.executablePath()
    if (TMPDIR === undefined) delete process.env.TMPDIR
    else process.env.TMPDIR = TMPDIR
    await unpacking
    // Whoever comes second has done it for nothing.
    await rename(own, folder).catch(() => rm(own, { recursive: true }))
  }
  return join(folder, 'chromium')
}

/** WCAG 2.2 A and AA, and axe's best practices. Runs in a world of its own, so that a strict policy stays in force. */
export async function assertAccessible(page: Page): Promise<void> {
  const session = await page.context().newCDPSession(page)
  const { frameTree } = await session.send('Page.getFrameTree')
  const { executionContextId } = await session.send('Page.createIsolatedWorld', {
    frameId: frameTree.frame.id,
  })
  const evaluate = (expression: string) =>
    session.send('Runtime.evaluate', {
      expression,
      contextId: executionContextId,
      awaitPromise: true,
      returnByValue: true,
    })
  await evaluate(axe)
  const { result, exceptionDetails } =
    await evaluate(`axe.run(document, { resultTypes: ['violations'] }).then(({ violations }) =>
    violations.map(({ id, help, nodes }) => id + ': ' + help + ': ' + nodes.map(node => node.html.slice(0, 200) + ' ' + node.failureSummary).join(' | ')))`)
  assert.equal(exceptionDetails, undefined, JSON.stringify(exceptionDetails))
  assert.deepEqual(result.value, [])
}
