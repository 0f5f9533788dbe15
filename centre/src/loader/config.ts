/** What a page written for the public loader has set before this script ran. */
import { takeToken } from '@heed/client'
import type {} from '@heed/client/loader'

const STORED = 'didomi_auth_token'
/** Signed or sealed, as tokens of a person are. */
const TOKEN = /^eyJ[\w.-]+$/

const apiKey = (): string => window.didomiConfig?.app?.apiKey ?? window.didomiConfig?.apiKey ?? ''

let updated: { token: string | undefined } | undefined
let inAddress: string | undefined

/** What the page has set while it runs comes before what it was configured with. */
export const currentToken = (): string | undefined => (updated ? updated.token : givenToken())

export function setToken(token: string | undefined): void {
  updated = { token }
}

/** It does not stay in the address: from there it would go into the history, to analytics and wherever the page leads. */
function givenToken(): string | undefined {
  const { shouldReadTokenFromURL, shouldReadTokenFromLocalStorage } = window.didomiConfig?.user ?? {}
  if (shouldReadTokenFromURL) inAddress = takeToken(TOKEN) ?? inAddress
  return inAddress ?? ((shouldReadTokenFromLocalStorage && stored()) || undefined)
}

/** A browser may refuse to store anything. */
function stored(): string | null {
  try {
    return localStorage.getItem(STORED)
  } catch {
    return null
  }
}

export const widgetAddress = (id: string): string =>
  `/v2/widgets/${encodeURIComponent(apiKey())}/${encodeURIComponent(id)}/widget.json`

export const pageLanguage = (): string => document.documentElement.lang
