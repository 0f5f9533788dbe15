/** What the org's own code makes of a write: time that triggers take, CPU they run out of, records held meanwhile. */
import { setTimeout as pause } from 'node:timers/promises'
import { RowRefusal } from './errors.ts'
import { Locks, locksOf } from './locks.ts'
import type { Records } from './records.ts'
import type { Api, ApiRequest } from './rest.ts'

/** Triggers run on so many rows at a time. */
const TRIGGER_ROWS = 200

/** A row that a request is about to write. */
export interface Touched {
  sobject: string
  id: unknown
  accountId?: unknown
}

export interface ParentLocks {
  /** Who finds a record held waits so long. Salesforce: about 10 s. */
  waitMs: number
  /** A write takes at least so long, and holds its records. */
  holdMs: number
}

/** What became of a request before its rows are written. */
export interface Strain {
  locked: ReadonlySet<string>
  overCpu: ReadonlySet<string>
}

export const noStrain: Strain = { locked: new Set(), overCpu: new Set() }

export class Effort {
  readonly msPerRow = new Map<string, number>()
  /** Of one run of triggers; undefined: no limit. Salesforce: 10 s. */
  cpuLimitMs: number | undefined
  parentLocks: ParentLocks | undefined
  /** Rows that were refused because somebody else held what they lock. */
  rowsLocked = 0
  readonly #locks = new Locks()

  hold = (ids: readonly string[]): (() => void) => this.#locks.hold(ids)

  /** Locks, takes the time, writes. */
  async perform<T>(api: Api, touched: readonly Touched[], work: (api: Api) => T): Promise<T> {
    if (touched.length === 0 || (this.msPerRow.size === 0 && !this.parentLocks)) return work(api)
    const { parentLocks } = this
    const keys = touched.flatMap(({ sobject, id, accountId }) =>
      parentLocks ? locksOf(api.records, sobject, id, accountId) : [],
    )
    const held = await this.#locks.take(keys, parentLocks?.waitMs ?? 0)
    try {
      const cost = touched.reduce((ms, { sobject }) => ms + (this.msPerRow.get(sobject) ?? 0), 0)
      const ms = Math.max(cost, parentLocks?.holdMs ?? 0)
      if (ms > 0) await pause(ms)
      return work({ ...api, strain: { locked: held.refused, overCpu: this.#overCpu(touched) } })
    } finally {
      held.release()
    }
  }

  #overCpu(touched: readonly Touched[]): ReadonlySet<string> {
    const limit = this.cpuLimitMs ?? Number.POSITIVE_INFINITY
    const over = [...this.msPerRow].filter(([object, ms]) => {
      const rows = touched.filter(({ sobject }) => sobject === object).length
      return Math.min(rows, TRIGGER_ROWS) * ms > limit
    })
    return new Set(over.map(([object]) => object))
  }
}

/** A row whose records somebody else holds, or whose triggers took too much. */
export function refuseByStrain(api: Api, { sobject, id, accountId }: Touched): void {
  const { locked, overCpu } = api.strain
  const held = locked.size > 0 && locksOf(api.records, sobject, id, accountId).find(key => locked.has(key))
  if (held) {
    api.effort.rowsLocked++
    throw new RowRefusal(
      'UNABLE_TO_LOCK_ROW',
      `unable to obtain exclusive access to this record or 1 records: ${held}`,
    )
  }
  if (overCpu.has(sobject))
    throw new RowRefusal(
      'CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY',
      `${sobject}Trigger: System.LimitException: Apex CPU time limit exceeded`,
    )
}

/** The rows that a request names, before it is read any closer: what is wrong with it is refused later. */
export function touchedBy(
  records: Records,
  request: Pick<ApiRequest, 'method' | 'path' | 'query' | 'body'>,
): Touched[] {
  const { method, path, query, body } = request
  if (method === 'GET') return []
  const [resource, second, third, fourth, fifth] = path.split('/').filter(Boolean)
  const given = (typeof body === 'object' && body !== null ? body : {}) as Record<string, unknown>
  if (resource === 'sobjects' && second) {
    const id = fourth === undefined ? third : foundBy(records, second, third, decodeURIComponent(fourth))
    return [{ sobject: second, id, accountId: given.AccountId }]
  }
  if (resource !== 'composite') return []
  if (second === undefined) {
    const subrequests = Array.isArray(given.compositeRequest) ? given.compositeRequest : []
    return subrequests.flatMap(({ method, url, body }) => {
      const { pathname, searchParams } = new URL(String(url), 'http://org')
      const below = pathname.replace(/^\/services\/data\/v[\d.]+/, '')
      return touchedBy(records, { method, path: below, query: searchParams, body })
    })
  }
  if (second !== 'sobjects' || fifth !== undefined) return []
  if (method === 'DELETE')
    return (query.get('ids') ?? '').split(',').flatMap(id => {
      const sobject = records.nameOf(id)
      return sobject ? [{ sobject, id }] : []
    })
  const rows = (Array.isArray(given.records) ? given.records : []) as Record<string, unknown>[]
  return rows.map(row => {
    const sobject = third ?? String((row?.attributes as { type?: string } | undefined)?.type)
    const id = fourth === undefined ? (row?.id ?? row?.Id) : foundBy(records, sobject, fourth, row?.[fourth])
    return { sobject, id, accountId: row?.AccountId }
  })
}

const foundBy = (records: Records, sobject: string, field = 'Id', value: unknown = ''): string | undefined =>
  records.store.living(sobject, field, String(value))[0]
