/** A Heed that listens, and a browser: what tests of the preference centre begin with. */
import assert from 'node:assert/strict'
import { sql } from 'kysely'
import { type Browser, startBrowser } from './browser.ts'
import { type Delivering, startDelivering } from './delivering.ts'
import { eventually, type TestOptions } from './heed.ts'

/** Of a part of the template, by its type, or of an element, by its id. */
interface Component {
  type?: string
  id?: string
  options?: object
  theme?: object
}

export interface Centre {
  browser: Browser
  delivering: Delivering
  call: Delivering['call']
  heed: Delivering['heed']
  origin: string
  publish(widget: { id: string } & Record<string, unknown>, components?: readonly Component[]): Promise<void>
  /** Publishes anew. */
  dress(widgetId: string, components: readonly Component[]): Promise<void>
  tokenOf(id: string): Promise<string>
  /** What was mailed to an address last. */
  mailTo(address: string): Promise<string>
}

export async function startCentre(options: Pick<TestOptions, 'mount'> = {}): Promise<Centre> {
  // First to be ended: an open page holds a connection.
  const launching = startBrowser()
  let origin = ''
  const delivering = await startDelivering({}, { ...options, publicUrl: () => origin })
  const { call, heed, db } = delivering
  origin = await heed.app.listen({ port: 0, host: '127.0.0.1' })
  const browser = await launching

  const done = async (route: string, body?: unknown) => {
    const answer = await call(route, body)
    assert.equal(answer.status, 200, JSON.stringify(answer.body))
    return answer.body
  }
  const dress = async (widgetId: string, components: readonly Component[]) => {
    if (components.length > 0) {
      const { components: parts } = await done(`GET /v1/widgets/${widgetId}`)
      const idOf = (type?: string): string => parts.find((one: { type: string }) => one.type === type).id
      await done(
        `PATCH /v1/widgets/layout-components?widget_id=${widgetId}`,
        components.map(({ type, id, ...looks }) => ({ id: id ?? idOf(type), ...looks })),
      )
    }
    await done('POST /v1/widgets/deployments', { widget_id: widgetId })
  }
  return {
    ...{ browser, delivering, call, heed, origin, dress },
    async publish(widget, components = []) {
      await done('POST /v1/widgets', { name: widget.id, enabled_languages: ['en', 'fr', 'ar'], ...widget })
      await dress(widget.id, components)
    },
    tokenOf: async id => (await done('POST /v1/consents/tokens', { organization_user_id: id })).id_token,
    mailTo: address =>
      eventually(async () => {
        const { rows } = await sql<{ text: string }>`
          select body as text from mails where recipient = ${address} order by created_at desc limit 1`.execute(
          db,
        )
        return rows[0]?.text
      }),
  }
}

export const linkIn = (mail: string): string => /https?:[^\s>]+/.exec(mail)?.[0] as string
export const codeIn = (mail: string): string => /\b\d{6}\b/.exec(mail)?.[0] as string
