/**
 * How long a page keeps a slow telephone busy: the main thread of a browser whose processor is slowed down, beside that
 * of a page of one heading under the same headers, which is what the browser itself costs.
 */
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import chromium from '@sparticuz/chromium'
import { type Browser, chromium as driver } from 'playwright-core'
import { percentile } from './stage.ts'

const SLOWDOWN = 4
const LOADS = 15
const OF_THE_TRANSFER = ['content-encoding', 'content-length', 'date', 'connection', 'keep-alive']
const EMPTY = '<!doctype html><html lang="en"><meta charset="utf-8"><title>Empty</title><h1>Empty</h1></html>'

interface MainThread {
  /**
   * All that the main thread did until the page is ready to use: it is shown, its script has run, and nothing was
   * loaded for half a second. The median of the loads.
   */
  taskSeconds: number
  scriptSeconds: number
}

export interface MainThreads {
  page: MainThread
  empty: MainThread
}

/** In turns, so that both have the same machine. */
export async function measureMainThread(url: string, cookie: string): Promise<MainThreads> {
  const { headers } = await fetch(url, { headers: { cookie } })
  const server = createServer((request, answer) =>
    // The browser asks for an icon too.
    request.url === '/' ? answer.writeHead(200, sameAs(headers)).end(EMPTY) : answer.writeHead(404).end(),
  )
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  const emptyUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`
  const browser = await driver.launch({
    executablePath: await chromium.executablePath(),
    args: chromium.args.filter(argument => argument !== '--single-process'),
  })
  try {
    const loads: MainThreads[] = []
    for (let load = 0; load < LOADS; load++)
      loads.push({
        empty: await loadOnce(browser, emptyUrl, cookie),
        page: await loadOnce(browser, url, cookie),
      })
    const median = (page: keyof MainThreads): MainThread => ({
      taskSeconds: percentile(
        loads.map(one => one[page].taskSeconds),
        0.5,
      ),
      scriptSeconds: percentile(
        loads.map(one => one[page].scriptSeconds),
        0.5,
      ),
    })
    return { page: median('page'), empty: median('empty') }
  } finally {
    await browser.close()
    server.close()
  }
}

const sameAs = (headers: Headers): Record<string, string> =>
  Object.fromEntries([...headers].filter(([name]) => !OF_THE_TRANSFER.includes(name)))

async function loadOnce(browser: Browser, url: string, cookie: string): Promise<MainThread> {
  const context = await browser.newContext({ extraHTTPHeaders: { cookie } })
  const page = await context.newPage()
  const session = await context.newCDPSession(page)
  await session.send('Performance.enable')
  await session.send('Emulation.setCPUThrottlingRate', { rate: SLOWDOWN })
  await page.goto(url, { waitUntil: 'networkidle' })
  const { metrics } = await session.send('Performance.getMetrics')
  await page.locator('h1').waitFor()
  await context.close()
  const secondsOf = (name: string) => metrics.find(metric => metric.name === name)?.value ?? 0
  return { taskSeconds: secondsOf('TaskDuration'), scriptSeconds: secondsOf('ScriptDuration') }
}
