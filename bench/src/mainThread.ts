/** How long a page keeps a slow telephone busy: the main thread of a browser whose processor is slowed down. */
import chromium from '@sparticuz/chromium'
import { chromium as driver } from 'playwright-core'
import { percentile } from './stage.ts'

const SLOWDOWN = 4
const LOADS = 7

export interface MainThread {
  /** All that the main thread did until the page was quiet; the median of the loads. */
  taskSeconds: number
  scriptSeconds: number
}

export async function measureMainThread(url: string, cookie: string): Promise<MainThread> {
  const browser = await driver.launch({
    executablePath: await chromium.executablePath(),
    args: chromium.args.filter(argument => argument !== '--single-process'),
  })
  try {
    const loads: MainThread[] = []
    for (let load = 0; load < LOADS; load++) {
      const context = await browser.newContext({ extraHTTPHeaders: { cookie } })
      const page = await context.newPage()
      const session = await context.newCDPSession(page)
      await session.send('Performance.enable')
      await session.send('Emulation.setCPUThrottlingRate', { rate: SLOWDOWN })
      await page.goto(url, { waitUntil: 'networkidle' })
      const { metrics } = await session.send('Performance.getMetrics')
      const secondsOf = (name: string) => metrics.find(metric => metric.name === name)?.value ?? 0
      loads.push({ taskSeconds: secondsOf('TaskDuration'), scriptSeconds: secondsOf('ScriptDuration') })
      await context.close()
    }
    const median = (name: keyof MainThread) =>
      percentile(
        loads.map(load => load[name]),
        0.5,
      )
    return { taskSeconds: median('taskSeconds'), scriptSeconds: median('scriptSeconds') }
  } finally {
    await browser.close()
  }
}
