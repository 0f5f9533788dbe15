/** The two shapes in which Salesforce refuses: a whole request (`errorCode`), or one row of many (`statusCode`). */

export interface ErrorItem {
  message: string
  errorCode: string
  fields?: string[]
}

/** Refuses the whole request, and with it every row it carried. */
export class ApiError extends Error {
  readonly status: number
  readonly items: ErrorItem[]

  constructor(status: number, errorCode: string, message: string, fields?: string[]) {
    super(message)
    this.status = status
    this.items = [fields ? { message, errorCode, fields } : { message, errorCode }]
  }
}

/** Refuses one row; its neighbours are written. */
export interface RowError {
  statusCode: string
  message: string
  fields: string[]
}

export type RowResult = { ok: true; id: string; created: boolean } | { ok: false; error: RowError }

export function refuse(statusCode: string, message: string, fields: string[] = []): RowResult {
  return { ok: false, error: { statusCode, message, fields } }
}

const CODES_ANSWERED_404 = new Set(['ENTITY_IS_DELETED', 'INVALID_CROSS_REFERENCE_KEY', 'NOT_FOUND'])

/** What a request about a single record answers where a collection would report a row. */
export function asApiError({ statusCode, message, fields }: RowError): ApiError {
  const aboutTheRecordItself = CODES_ANSWERED_404.has(statusCode) && fields.length === 0
  return new ApiError(aboutTheRecordItself ? 404 : 400, statusCode, message, fields)
}
