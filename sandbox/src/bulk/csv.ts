/** CSV as Bulk API 2.0 takes and gives it: one delimiter and one line ending a job. */
import { parse } from 'csv-parse/sync'
import { stringify } from 'csv-stringify/sync'

export const delimiters: Record<string, string> = {
  COMMA: ',',
  TAB: '\t',
  SEMICOLON: ';',
  PIPE: '|',
  CARET: '^',
  BACKQUOTE: '`',
}
export const lineEndings: Record<string, string> = { LF: '\n', CRLF: '\r\n' }

export interface CsvForm {
  columnDelimiter: string
  lineEnding: string
}

/** What fails the whole job. */
export class JobFailure extends Error {
  override name = 'JobFailure'
}

/** The rows of the file, its header first. */
export function readCsv(text: string, { columnDelimiter, lineEnding }: CsvForm): string[][] {
  const isOther = lineEnding === 'LF' ? /\r\n/ : /(^|[^\r])\n/
  if (isOther.test(text))
    throw new JobFailure(
      `ClientInputError : LineEnding is invalid on user data. Current LineEnding setting is ${lineEnding}`,
    )
  try {
    return parse(text, {
      delimiter: delimiters[columnDelimiter] as string,
      record_delimiter: lineEndings[lineEnding] as string,
      skip_empty_lines: true,
    })
  } catch (error) {
    throw new JobFailure(`InvalidBatch : Failed to parse CSV: ${(error as Error).message}`)
  }
}

export function writeCsv(
  rows: readonly (readonly string[])[],
  { columnDelimiter, lineEnding }: CsvForm,
): string {
  return stringify(rows as string[][], {
    delimiter: delimiters[columnDelimiter] as string,
    record_delimiter: lineEndings[lineEnding] as string,
    quoted: true,
    quoted_empty: true,
  })
}
