/** What a sign-in page must remember from one form to the next, sealed: no address stands in a URL. */
import type { Vault } from '../access/vault.ts'

export interface State {
  organizationId: string
  email: string
  /** Where the person goes on to, held against the organization's list already. */
  to?: string | undefined
  /** By which the mail came, for another one. */
  providerId?: string | undefined
  /** It stood in the mail that brought the code: who has it can open the mailbox, or was shown the mail. */
  isMailed?: boolean
}

const LIFETIME_MS = 900_000
const ABOUT = 'sign-in state'

export const sealState = (vault: Vault, state: State): string =>
  vault.seal(JSON.stringify({ ...state, until: Date.now() + LIFETIME_MS }), ABOUT).toString('base64url')

export function openState(vault: Vault, sealed: string): State | undefined {
  try {
    const { until, ...state } = JSON.parse(vault.open(Buffer.from(sealed, 'base64url'), ABOUT))
    return until > Date.now() ? state : undefined
  } catch {
    return undefined
  }
}
