/** Structured logs. What a line may hold is chosen where it is written; personal data never is. */
import { type Logger, pino } from 'pino'

export const createLog = (level: string): Logger =>
  pino({
    level,
    base: null,
    timestamp: pino.stdTimeFunctions.isoTime,
    formatters: { level: label => ({ level: label }) },
    serializers: { err: describeError },
    // A request line would hold e-mail addresses in its URL: requests are logged by route, where they are logged.
    redact: { paths: ['req', 'res'], remove: true },
  })

interface ErrorLine {
  type: string
  code?: string | undefined
  message: string
  stack?: string | undefined
  cause?: ErrorLine | undefined
}

/** PostgreSQL's `detail` repeats the row: only named properties are taken over. */
function describeError(error: Error & { code?: string }): ErrorLine {
  return {
    type: error.name,
    code: error.code,
    message: error.message,
    stack: error.stack,
    cause: error.cause instanceof Error ? describeError(error.cause) : undefined,
  }
}
