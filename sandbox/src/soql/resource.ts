/** `/query` and `/queryAll`: pages of an answer, by their locators. */
import { Refusal } from '../errors.ts'
import { type Api, type ApiAnswer, type ApiRequest, show } from '../rest.ts'
import type { OrgRecord } from '../store.ts'
import type { Column } from './columns.ts'
import { runQuery } from './query.ts'

const PAGE_ROWS = 2_000
/** The oldest open result makes room for a new one: a client that pages through a big table keeps one. */
const MAX_CURSORS = 10
let cursorsOpened = 0

export function queryResource(api: Api, request: ApiRequest, locator: string | undefined): ApiAnswer {
  const batchSize = Number(
    /batchSize=(\d+)/.exec(String(request.headers['sforce-query-options'] ?? ''))?.[1] ?? PAGE_ROWS,
  )
  const pageRows = Math.min(PAGE_ROWS, Math.max(200, batchSize))
  if (locator) {
    const [key = '', offset = '0'] = locator.split('-')
    const cursor = api.cursors.get(key)
    if (!cursor) throw new Refusal(400, 'INVALID_QUERY_LOCATOR', 'invalid query locator')
    return page(request, key, cursor.rows, Number(offset), pageRows)
  }
  const soql = request.query.get('q')
  if (!soql) throw new Refusal(400, 'MALFORMED_QUERY', 'A query string has to be specified')
  const result = runQuery(api.records, soql, request.path.startsWith('/queryAll'))
  if (result.count !== undefined)
    return { status: 200, body: { totalSize: result.count, done: true, records: [] } }
  const rows = result.rows.map(row => showColumns(api, result.sobject, row, result.columns, request.root))
  const key = `0r8${(++cursorsOpened).toString(36).padStart(12, '0')}AAA`
  if (rows.length > pageRows) {
    api.cursors.set(key, { rows, sobject: result.sobject })
    if (api.cursors.size > MAX_CURSORS) api.cursors.delete(api.cursors.keys().next().value as string)
  }
  return page(request, key, rows, 0, pageRows)
}

function page(
  { root }: ApiRequest,
  key: string,
  rows: Record<string, unknown>[],
  offset: number,
  pageRows: number,
): ApiAnswer {
  const done = offset + pageRows >= rows.length
  const next = done ? {} : { nextRecordsUrl: `${root}/query/${key}-${offset + pageRows}` }
  return {
    status: 200,
    body: { totalSize: rows.length, done, ...next, records: rows.slice(offset, offset + pageRows) },
  }
}

function showColumns(
  api: Api,
  sobject: string,
  row: OrgRecord,
  columns: readonly Column[],
  root: string,
): Record<string, unknown> {
  const shown = show(sobject, row, [], root)
  for (const { field, read, over } of columns) {
    if (!over) {
      shown[field.name] = read(row)
      continue
    }
    const target = api.records.store.get(String(row[over.field.name]))
    const before = shown[over.relationship] as object | undefined
    shown[over.relationship] = target
      ? { ...(before ?? show(over.object, target, [], root)), [field.name]: read(row) }
      : null
  }
  return shown
}
