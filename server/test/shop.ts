/** Somebody else's site, on a port of its own. */
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { after } from 'node:test'

export interface ShopPage {
  body: string
  type?: string
  policy?: string
}

export async function startShop(pageOf: (url: URL) => ShopPage): Promise<string> {
  const shop = createServer((request, response) => {
    const {
      body,
      type = 'text/html; charset=utf-8',
      policy,
    } = pageOf(new URL(request.url ?? '/', 'http://shop'))
    response.setHeader('content-type', type)
    if (policy) response.setHeader('content-security-policy', policy)
    response.end(body)
  })
  await new Promise<void>(resolve => shop.listen(0, '127.0.0.1', resolve))
  after(() => shop.close())
  return `http://127.0.0.1:${(shop.address() as AddressInfo).port}/`
}
