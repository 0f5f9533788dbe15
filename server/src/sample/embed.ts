/** `/sample/embed`: a page as a customer would write it, with the preferences in it. Its policy is as strict as theirs may be. */
import type { PersonTokens } from '../access/personTokens.ts'
import { type Html, html } from '../http/html.ts'
import type { App } from '../http/server.ts'
import { samplePerson } from './people.ts'

export const EMBED = '/sample/embed'
const TOKEN_SECONDS = 900

interface Shop {
  organizationId: string
  widgetId: string
  personTokens: PersonTokens
}

const POLICY =
  "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; frame-ancestors 'none'; form-action 'none'; base-uri 'none'"

export function embedRoutes(app: App, { organizationId, widgetId, personTokens }: Shop): void {
  const open = { config: { open: true }, schema: { hide: true } }
  const headers = {
    'content-security-policy': POLICY,
    'cache-control': 'no-store',
    'referrer-policy': 'no-referrer',
    'x-content-type-options': 'nosniff',
  }
  const widget = `${organizationId}/${widgetId}`
  const customer = samplePerson(0)

  app.get(EMBED, open, async (_, reply) =>
    reply
      .headers({ ...headers, 'content-type': 'text/html; charset=utf-8' })
      .serializer(String)
      .send(shopPage(widget, undefined, customer.email)),
  )
  app.get(`${EMBED}/account`, open, async (_, reply) => {
    const grant = {
      ...{ organizationId, organizationUserId: customer.email },
      permissions: ['read', 'write'] as const,
    }
    return reply
      .headers({ ...headers, 'content-type': 'text/html; charset=utf-8' })
      .serializer(String)
      .send(shopPage(widget, await personTokens.issue(grant, TOKEN_SECONDS), customer.email))
  })
  app.get(`${EMBED}/style.css`, open, async (_, reply) =>
    reply
      .headers({ ...headers, 'content-type': 'text/css; charset=utf-8' })
      .serializer(String)
      .send(style),
  )
}

const shopPage = (widget: string, token: string | undefined, email: string): Html => html`<!doctype html>
<html lang="en">
<head>
  <meta charset="utf-8">
  <meta name="viewport" content="width=device-width, initial-scale=1">
  <title>Shop · Heed sample</title>
  <link rel="stylesheet" href="${EMBED}/style.css">
  <script async src="/sdk/heed.js"></script>
</head>
<body>
  <header><a href="/">Heed</a></header>
  <main>
    <h1>My account</h1>
    ${
      token
        ? html`<p>The shop has signed in ${email}, and its back end has given the page a token. <a href="${EMBED}">Sign out of the shop</a></p>`
        : html`<p>The shop does not know who you are: a code from your mailbox tells (<a href="/sample/mailbox">mailbox</a>). Or <a href="${EMBED}/account">sign in to the shop as ${email}</a>.</p>`
    }
    <heed-preferences widget="${widget}"${token ? html` token="${token}"` : ''}><a href="/c/${widget}">Your preferences</a></heed-preferences>
  </main>
</body>
</html>
`

const style = `:root { font: 1rem/1.6 Georgia, serif; color: #2b2118; background: #fbf7f1 }
body { max-width: 48rem; margin: 0 auto; padding: 1rem }
a { color: #8a3b12 }
heed-preferences {
  display: block; min-height: 24rem;
  --heed-color-5: #8a3b12; --heed-radius: .25rem; --heed-font: 1rem/1.6 Georgia, serif;
}
heed-preferences::part(title) { font-weight: normal }
`
