/** What is not Salesforce: the page that shows the records, and faults by hand. Not counted as API calls. */
import { readFileSync } from 'node:fs'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { join } from 'node:path'
import { actByHand } from './byHand.ts'
import { type Fault, type Faults, faultKinds } from './faults.ts'
import type { Change, Records } from './records.ts'
import { readBody, type ServerState, send } from './server.ts'
import type { OrgRecord } from './store.ts'

const FLUSH_MS = 100
const MAX_SHOWN = 500

export interface Control {
  handle(request: IncomingMessage, response: ServerResponse, url: URL): Promise<void>
  changed(change: Change): void
  close(): void
}

const files: Record<string, { name: string; type: string }> = {
  '/': { name: 'page.html', type: 'text/html; charset=utf-8' },
  '/page.js': { name: 'page.js', type: 'text/javascript; charset=utf-8' },
  '/page.css': { name: 'page.css', type: 'text/css; charset=utf-8' },
}

export function createControl(state: ServerState, records: () => Records, faults: Faults): Control {
  const listeners = new Set<ServerResponse>()
  const recent = new Map<string, Change>()
  let pending: Change[] = []

  const timer = setInterval(() => {
    if (listeners.size === 0) pending = []
    if (pending.length === 0) return
    const rows = pending.splice(0).map(change => ({ ...change, record: records().store.get(change.id) }))
    const message = `data: ${JSON.stringify({ usage: usageOf(), rows })}\n\n`
    for (const listener of listeners) listener.write(message)
  }, FLUSH_MS).unref()

  const usageOf = () => ({ ...state.usage, limit: state.dailyApiLimit })

  return {
    changed(change) {
      pending.push(change)
      recent.delete(change.id)
      recent.set(change.id, change)
      if (recent.size > MAX_SHOWN * 4) recent.delete(recent.keys().next().value as string)
      if (pending.length > MAX_SHOWN) pending.splice(0, pending.length - MAX_SHOWN)
    },
    close() {
      clearInterval(timer)
      for (const listener of listeners) listener.end()
    },
    async handle(request, response, url) {
      const file = files[url.pathname]
      if (request.method === 'GET' && file) {
        const policy = "default-src 'self'; style-src 'self'; script-src 'self'"
        response.writeHead(200, { 'content-type': file.type, 'content-security-policy': policy })
        return void response.end(readFileSync(join(import.meta.dirname, 'page', file.name)))
      }
      if (url.pathname === '/sandbox/changes') {
        response.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-store' })
        response.write(`data: ${JSON.stringify({ usage: usageOf(), rows: [] })}\n\n`)
        listeners.add(response)
        request.on('close', () => listeners.delete(response))
        return undefined
      }
      if (
        url.pathname.startsWith('/sandbox/') &&
        url.pathname !== '/sandbox/faults' &&
        request.method !== 'GET'
      )
        return act(request, response, url.pathname)
      if (url.pathname === '/sandbox/records') return send(response, 200, search(url))
      if (url.pathname === '/sandbox/usage') return send(response, 200, usageOf())
      if (url.pathname === '/sandbox/faults') return aimFaults(request, response)
      return send(response, 404, { message: 'not found' })
    },
  }

  /** Records whose text holds the search, last changed first. */
  function search(url: URL): { total: number; records: OrgRecord[] } {
    const sobject = url.searchParams.get('sobject') ?? 'Lead'
    const text = (url.searchParams.get('search') ?? '').toLowerCase()
    const limit = Math.min(MAX_SHOWN, Number(url.searchParams.get('limit') ?? 100) || 100)
    const found = [...records().store.all(sobject)].filter(
      row =>
        !row.IsDeleted &&
        (text === '' ||
          Object.values(row).some(value => typeof value === 'string' && value.toLowerCase().includes(text))),
    )
    const order = new Map([...recent.keys()].map((id, i) => [id, i]))
    found.sort((a, b) => (order.get(b.Id as string) ?? -1) - (order.get(a.Id as string) ?? -1))
    return { total: found.length, records: found.slice(0, limit).map(withoutEmpty) }
  }

  async function act(request: IncomingMessage, response: ServerResponse, path: string): Promise<void> {
    if (isForeign(request)) return send(response, 403, { message: 'another origin' })
    const text = await readBody(request)
    const given = text === '' ? {} : parse<Record<string, unknown>>(text)
    if (!given) return send(response, 400, { message: 'the body is no JSON object' })
    const answer = actByHand(records(), request.method ?? 'POST', path, given)
    return send(response, answer?.status ?? 404, answer?.body ?? { message: 'not found' })
  }

  async function aimFaults(request: IncomingMessage, response: ServerResponse): Promise<void> {
    if (request.method === 'DELETE') faults.clear()
    if (request.method !== 'POST') return send(response, 200, { kinds: faultKinds })
    if (isForeign(request)) return send(response, 403, { message: 'another origin' })
    const given = parse<Fault & { latency_ms?: number }>(await readBody(request))
    if (!given) return send(response, 400, { message: 'the body is no JSON object' })
    const { latency_ms, ...fault } = given
    if (latency_ms !== undefined) state.latencyMs = Number(latency_ms)
    if (fault.kind !== undefined) {
      if (!faultKinds.includes(fault.kind))
        return send(response, 400, { message: `kind is none of ${faultKinds.join(', ')}` })
      faults.inject(fault)
    }
    return send(response, 200, { ok: true })
  }
}

/** A page that is open in the same browser must not break the org: only its own page and programs without one may. */
const isForeign = ({ headers: { origin, host } }: IncomingMessage): boolean =>
  origin !== undefined && origin !== `http://${host}`

function parse<T extends object>(text: string): T | undefined {
  try {
    const parsed: unknown = JSON.parse(text)
    return typeof parsed === 'object' && parsed !== null ? (parsed as T) : undefined
  } catch {
    return undefined
  }
}

const withoutEmpty = (row: OrgRecord): OrgRecord =>
  Object.fromEntries(Object.entries(row).filter(([name, value]) => value !== null && name !== 'IsDeleted'))
