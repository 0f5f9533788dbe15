/** The network of one node: lets calls pass, or does to one of them what a trap says. */
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { type Agent, type Dispatcher, request } from 'undici'
import type { Trap } from './history.ts'

/** Time limits that are reached when somebody says so, whatever the clock says. */
export function controlTimeouts(): () => void {
  let last = new AbortController()
  AbortSignal.timeout = () => {
    last = new AbortController()
    return last.signal
  }
  return () => last.abort(new DOMException('The operation was aborted due to timeout', 'TimeoutError'))
}

/** A port that refuses every connection. */
const NOWHERE = 'http://127.0.0.1:1'

export interface Gateway {
  url: string
  close(): void
}

/** What stands before the org gives up after a while, and the org goes on. */
export async function startGateway(): Promise<Gateway> {
  const server = createServer((incoming, response) => {
    incoming.resume()
    response.writeHead(504, { 'content-type': 'text/html' }).end('<html>Gateway timeout</html>')
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  return {
    url: `http://127.0.0.1:${port}`,
    close() {
      server.closeAllConnections()
      server.close()
    },
  }
}

export interface Watch {
  /** A write goes to the org. */
  onWrite(body: string): void
  onSprung(how: Trap['how']): void
  onKill(): void
  onStop(): void
  /** A bulk job is about to begin, and is to stand half-way. */
  onJob(): void
  /** Jobs that stand half-way go on. */
  resumeJobs(): Promise<void>
  /** The time limit of the call that was begun last is reached. */
  expire(): void
  /** The org does this when it is called. */
  onLate(land: () => Promise<void>): void
}

export interface Wire {
  dispatcher: Dispatcher
  /** A round begins; resolves when a call of it is parked. */
  set(trap: Trap | undefined): Promise<void>
  resume(): Promise<void>
  /** What stands still holds nobody else up. */
  isAside(): boolean
  /** Nothing leaves the process any more. */
  cut(): void
}

type Options = Parameters<Dispatcher['dispatch']>[0]

export function createWire(agent: Agent, gateway: Gateway, watch: Watch): Wire {
  let trap: Trap | undefined
  let seen = 0
  let isCut = false
  let park: () => void = () => undefined
  let resume: (() => void) | undefined
  let isJobStanding = false
  let parkedOn: string | undefined

  const dispatcher = agent.compose(dispatch => (options, handler) => {
    const go = (how: Options = options): boolean => dispatch(how, handler)
    const lost = (): boolean => go({ ...options, origin: NOWHERE })
    if (isCut) return lost()
    const sort = sortOf(options)
    if (trap?.how.startsWith('job')) return dispatchJob(options, trap.how, go, lost)
    if (!trap || sort === 'poll' || (trap.on !== 'any' && trap.on !== sort) || seen++ !== trap.at) {
      if (sort === 'write') watch.onWrite(String(options.body))
      return go()
    }
    const { how } = trap
    if (how === 'late' && sort !== 'write') return go()
    if (how === 'hang') return hang(options, sort, lost)
    watch.onSprung(how)
    const sends = (): void => (sort === 'write' ? watch.onWrite(String(options.body)) : undefined)
    if (how !== 'park' && !how.endsWith('before')) sends()
    switch (how) {
      case 'park':
        parkedOn = sort
        resume = () => {
          if (isCut) return lost()
          sends()
          return go()
        }
        park()
        return true
      case 'kill-before':
        watch.onKill()
        return lost()
      case 'kill-after':
        void copy(options).then(() => {
          watch.onKill()
          lost()
        })
        return true
      case 'stop-before':
        watch.onStop()
        return lost()
      case 'stop-after':
        void copy(options).then(() => {
          watch.onStop()
          lost()
        })
        return true
      default:
        watch.onLate(() => copy(options))
        return go({ ...options, origin: gateway.url })
    }
  })

  function hang(options: Options, sort: string, lost: () => boolean): boolean {
    watch.onSprung('hang')
    if (sort === 'write') {
      watch.onWrite(String(options.body))
      watch.onLate(() => copy(options))
    }
    watch.expire()
    return lost()
  }

  function dispatchJob(options: Options, how: Trap['how'], go: () => boolean, lost: () => boolean): boolean {
    const body = String(options.body)
    if (sortOf(options) === 'write') watch.onWrite(body)
    if (body.includes('UploadComplete') && !isJobStanding) {
      isJobStanding = true
      watch.onJob()
    } else if (isJobStanding && sortOf(options) === 'poll') {
      trap = undefined
      watch.onSprung(how)
      if (how === 'job-kill') {
        watch.onKill()
        return lost()
      }
      resume = () => (isCut ? lost() : go())
      parkedOn = 'poll'
      park()
      return true
    }
    return go()
  }

  return {
    dispatcher,
    set(next) {
      trap = next
      seen = 0
      isJobStanding = false
      parkedOn = undefined
      return new Promise(resolve => {
        park = resolve
      })
    },
    async resume() {
      if (isJobStanding) await watch.resumeJobs()
      resume?.()
      resume = undefined
    },
    // A session has one token, and one lane for its writes.
    isAside: () => parkedOn === 'query' || parkedOn === 'poll',
    cut() {
      isCut = true
      resume?.()
    },
  }

  async function copy({ origin, path, method, headers, body }: Options): Promise<void> {
    const sent = { dispatcher: agent, method: method as 'POST', headers: headers as Record<string, string> }
    try {
      const answer = await request(`${origin}${path}`, { ...sent, body: (body as string | null) ?? null })
      await answer.body.dump()
    } catch {
      // A fault struck: whether the org has done it or not, nobody was told.
    }
  }
}

/** How often a job is looked at depends on the clock; so nothing may depend on that. */
function sortOf({ path, method, body }: Options): 'query' | 'write' | 'poll' | 'other' {
  if (path.includes('/jobs/ingest')) {
    if (method !== 'GET') return 'write'
    return path.endsWith('Results') ? 'query' : 'poll'
  }
  if (!/\/(composite|query)\b/.test(path)) return 'other'
  // Records read by their ids.
  if (String(body).startsWith('{"ids"')) return 'query'
  return /"method":"(POST|PATCH)"/.test(String(body)) || path.includes('/composite/sobjects')
    ? 'write'
    : 'query'
}
