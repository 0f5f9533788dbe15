/** What the org refuses: one row, or the whole request. */
import type { DuplicateResult } from './duplicates.ts'

export interface RowError {
  statusCode: string
  message: string
  fields: string[]
}

/** Refuses one row; the rows beside it go on. */
export class RowRefusal extends Error {
  override name = 'RowRefusal'
  readonly error: RowError
  /** Whom a duplicate rule found: told of a single record alone. */
  readonly duplicates: DuplicateResult | undefined
  constructor(statusCode: string, message: string, fields: string[] = [], duplicates?: DuplicateResult) {
    super(message)
    this.error = { statusCode, message, fields }
    this.duplicates = duplicates
  }
}

/** Refuses the whole request. */
export class Refusal extends Error {
  override name = 'Refusal'
  readonly status: number
  readonly body: unknown
  constructor(status: number, errorCode: string, message: string, fields?: string[]) {
    super(message)
    this.status = status
    this.body = [{ message, errorCode, ...(fields ? { fields } : {}) }]
  }
}

/** Several records have the external id: 300, with their addresses. */
export class Ambiguous extends Error {
  override name = 'Ambiguous'
  readonly ids: readonly string[]
  constructor(ids: readonly string[]) {
    super('the external id matches several records')
    this.ids = ids
  }
}
