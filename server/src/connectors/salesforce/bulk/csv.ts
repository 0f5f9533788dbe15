/** Rows as Bulk API 2.0 takes them, and its results as rows. */
import { parse } from 'csv-parse/sync'
import { stringify } from 'csv-stringify/sync'
import type { FieldValue } from '../fit.ts'
import type { Row } from '../plan.ts'

/** Clears a field; an empty cell leaves it alone. */
const NULL = '#N/A'
/** Salesforce takes 150 MB; the results repeat the rows, and an answer is read up to 32 MiB, at 3 bytes a character. */
const FILE_CHARACTERS = 8_000_000

export interface BulkFile {
  text: string
  /** The column that finds a row again in the results: `Id`, or the external id. */
  key: string
  /** By the value of the key column. */
  rows: ReadonlyMap<string, Row>
}

/** What a cell cannot say goes by another way: the text that means null, and no text at all where that is not null. */
export const isSayable = (value: FieldValue): boolean => value !== NULL

const cellOf = (value: FieldValue | undefined): string =>
  value === undefined ? '' : value === null || value === '' ? NULL : String(value)

export function filesOf(rows: readonly Row[], key: string): BulkFile[] {
  const columns = [key, ...new Set(rows.flatMap(({ fields }) => Object.keys(fields)))].filter(
    (column, i, all) => all.indexOf(column) === i,
  )
  const files: BulkFile[] = []
  for (let begin = 0; begin < rows.length; ) {
    const lines = [columns]
    const byKey = new Map<string, Row>()
    for (let characters = 0; begin < rows.length && characters < FILE_CHARACTERS; begin++) {
      const row = rows[begin] as Row
      const cells = columns.map(column => (column === 'Id' && row.id ? row.id : cellOf(row.fields[column])))
      characters += cells.reduce((sum, cell) => sum + cell.length + 3, 0)
      byKey.set(cells[0] as string, row)
      lines.push(cells)
    }
    files.push({ text: stringify(lines, { record_delimiter: '\n', quoted_string: true }), key, rows: byKey })
  }
  return files
}

/** By column, of those that are named; the columns of Salesforce's own begin with `sf__`. */
export const recordsOf = (text: string, named: readonly string[]): Record<string, string>[] =>
  parse(text, {
    bom: true,
    columns: (header: string[]) => header.map(column => named.includes(column) && column),
    skip_empty_lines: true,
    relax_column_count: true,
  })
