/** A real browser for a test file, and whether what it shows can be used by everybody. */
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { after } from 'node:test'
import chromium from '@sparticuz/chromium'
import { type BrowserContextOptions, chromium as driver, type Page } from 'playwright-core'

const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')

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
    executablePath: await chromium.executablePath(),
    args: chromium.args.filter(argument => argument !== '--single-process'),
  })

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
