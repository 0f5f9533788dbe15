/** Whose a token is, as far as it says so: enough to keep in the page what they have chosen and not saved, and for nothing else. */
export function personIn(token: string | undefined): string | undefined {
  const [, payload = ''] = token?.split('.') ?? []
  try {
    return JSON.parse(atob(payload.replaceAll('-', '+').replaceAll('_', '/'))).sub
  } catch {
    // Sealed.
    return token || undefined
  }
}
