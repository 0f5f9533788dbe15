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
  // A router notes addresses in its state too, and would bring the token back from there. Next.js follows what does not carry the
  // mark of its own steps, and puts the mark there; it loads the page anew where the mark is missing, so also before it has begun.
  const noted = Object.entries(state ?? {}).filter(([name]) => name !== '__NA')
  const cleaned = Object.fromEntries(noted.map(([k, v]) => [k, typeof v === 'string' ? clean(v) : v]))
  history.replaceState(state?.constructor === Object ? cleaned : state, '', clean(location.href))
  if (state?.__NA && !history.state.__NA) history.replaceState({ ...history.state, __NA: true }, '')
  return token
}
