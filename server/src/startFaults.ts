/** What keeps Heed from starting and an operator can mend, as a line that names the setting; the rest keeps its stack. */
import { SettingError } from './settings.ts'
import { NewerDatabaseError } from './store/migrate.ts'
import { DataDirHeldError } from './store/sole.ts'

/** No such user, wrong password, no such database, no right to it. */
const SQLSTATES_OF_ACCESS = /^(28|3D|42501)/
/** How Node names certificates that it does not trust. */
const UNTRUSTED = /CERT|^UNABLE_TO_VERIFY/

export function startFault(error: unknown): string | undefined {
  if (
    error instanceof SettingError ||
    error instanceof DataDirHeldError ||
    error instanceof NewerDatabaseError
  )
    return error.message
  const { code = '', syscall = '', address, port, message } = lowest(error)
  if (syscall === 'listen')
    return code === 'EADDRINUSE'
      ? `PORT: another program listens at ${address}:${port} already`
      : `${code === 'EACCES' ? 'PORT' : 'HOST'}: ${message}`
  if (['connect', 'getaddrinfo'].includes(syscall) || SQLSTATES_OF_ACCESS.test(code) || UNTRUSTED.test(code))
    return `DATABASE_URL: ${message}`
  if (['mkdir', 'chmod', 'chown', 'open', 'copyfile'].includes(syscall)) return `DATA_DIR: ${message}`
  return undefined
}

interface SystemError extends Error {
  code?: string
  syscall?: string
  address?: string
  port?: number
}

function lowest(error: unknown): SystemError {
  return error instanceof Error && error.cause instanceof Error ? lowest(error.cause) : (error as SystemError)
}
