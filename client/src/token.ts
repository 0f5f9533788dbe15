/** As Heed seals them into addresses (JWE, `dir`): another `token` of the page's own is left alone. */
const SEALED = /^eyJ[\w-]+\.\.[\w-]+\.[\w-]+\.[\w-]+$/

/** What a link that was mailed to sign in has put into the page's address (`?token=`). It is taken out of there. */
export function takeToken(): string | undefined {
  const address = new URL(location.href)
  const token = address.searchParams.get('token')
  if (!token || !SEALED.test(token)) return undefined
  address.searchParams.delete('token')
  history.replaceState(history.state, '', address)
  return token
}
