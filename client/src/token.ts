/** As Heed seals them into addresses (JWE, `dir`): another `token` of the page's own is left alone. */
const SEALED = /^eyJ[\w-]+\.\.[\w-]+\.[\w-]+\.[\w-]+$/

/** What a link that was mailed to sign in has put into the page's address (`?token=`). It is taken out of there. */
export function takeToken(isOurs = SEALED): string | undefined {
  const token = new URL(location.href).searchParams.get('token')
  if (!token || !isOurs.test(token)) return undefined
  /** Text for text: all else stays as it was written. */
  const clean = (address: string) =>
    address
      .split(token)
      .join('')
      .replace(/([?&])token=(&|(?=#|$))/, (_, before, after) => after && before)
  const { state } = history
  // A router notes addresses in its state too, and would bring the token back from there.
  const isNoted = state !== null && typeof state === 'object' && !Array.isArray(state)
  const entries = Object.entries(state ?? {}).map(([k, v]) => [k, typeof v === 'string' ? clean(v) : v])
  history.replaceState(isNoted ? Object.fromEntries(entries) : state, '', clean(location.href))
  return token
}
