/** `/sample/mailbox`: the mails of the sample organization, which go to made-up people only. Works without JavaScript. */
import { z } from 'zod'
import { notFound } from '../http/errors.ts'
import { type Content, type Html, html } from '../http/html.ts'
import { directionOf } from '../http/languages.ts'
import type { App } from '../http/server.ts'
import { findMail, type MailContent, readMails } from '../mail/inbox.ts'
import type { Database } from '../store/database.ts'

export const MAILBOX = '/sample/mailbox'
const SHOWN = 100

/** For the pages around a mail. */
const pagePolicy =
  "default-src 'none'; style-src 'self'; frame-src 'self'; frame-ancestors 'none'; form-action 'none'; base-uri 'none'"
/** For a mail itself, also where it is opened without its frame: nothing runs, nothing but pictures is fetched. */
const mailPolicy =
  "default-src 'none'; style-src 'unsafe-inline'; img-src data: https:; form-action 'none'; frame-ancestors 'self'; sandbox allow-top-navigation-by-user-activation"
const SANDBOX = 'allow-top-navigation-by-user-activation'

const headers = {
  'cache-control': 'no-store',
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
}

export function mailboxRoutes(app: App, ground: { db: Database; organizationId: string }): void {
  const { db, organizationId } = ground
  const open = { config: { open: true }, schema: { hide: true } }
  const one = { ...open, schema: { hide: true, params: z.object({ id: z.string().max(64) }) } }
  const answer = (type: 'html' | 'css', policy: string) => ({
    ...headers,
    'content-type': `text/${type}; charset=utf-8`,
    'content-security-policy': policy,
  })
  async function find(id: string): Promise<MailContent> {
    const mail = await findMail(db, organizationId, id)
    if (!mail) throw notFound('mail')
    return mail
  }

  app.get(MAILBOX, open, async (_, reply) =>
    reply
      .headers(answer('html', pagePolicy))
      .serializer(String)
      .send(listPage(await readMails(db, organizationId, SHOWN))),
  )
  app.get(`${MAILBOX}/style.css`, open, async (_, reply) =>
    reply.headers(answer('css', pagePolicy)).serializer(String).send(style),
  )
  app.get(`${MAILBOX}/:id`, one, async ({ params }, reply) =>
    reply
      .headers(answer('html', pagePolicy))
      .serializer(String)
      .send(mailPage(await find(params.id))),
  )
  app.get(`${MAILBOX}/:id/html`, one, async ({ params }, reply) =>
    reply
      .headers(answer('html', mailPolicy))
      .serializer(String)
      .send(openingLinksOutside((await find(params.id)).html)),
  )
}

const openingLinksOutside = (document: string): string => {
  const base = '<base target="_top">'
  return /<head[^>]*>/i.test(document) ? document.replace(/<head[^>]*>/i, `$&${base}`) : base + document
}

const states = {
  waiting: 'is about to be sent',
  held: 'is held here: no mail server is set',
  sent: 'was sent',
  failed: 'could not be sent',
}

const listPage = (mails: Awaited<ReturnType<typeof readMails>>): Html =>
  page(
    'Mailbox',
    html`
    <p><a href="/">Heed</a></p>
    <h1>Mailbox</h1>
    <p>What the sample organization sends to its made-up people, newest first.</p>
    ${
      mails.length === 0
        ? html`<p>Nothing yet. A link or a code to sign in, or a choice that waits for its confirmation, shows up here.</p>`
        : html`<ol>${mails.map(
            ({ id, recipient, subject, state, created_at }) => html`
      <li><a href="${MAILBOX}/${id}"><bdi>${subject}</bdi></a>
        <span>to <bdi>${recipient}</bdi>, <time datetime="${created_at.toISOString()}">${readable(created_at)}</time>; ${states[state]}</span></li>`,
          )}</ol>`
    }`,
  )

const mailPage = (mail: MailContent): Html =>
  page(
    mail.subject,
    html`
    <p><a href="${MAILBOX}">Mailbox</a></p>
    <h1 lang="${mail.language}" dir="${directionOf(mail.language)}">${mail.subject}</h1>
    <p>To <bdi>${mail.recipient}</bdi>, <time datetime="${mail.created_at.toISOString()}">${readable(mail.created_at)}</time>; ${states[mail.state]}${mail.reason && html`: ${mail.reason}`}</p>
    <div class="sides">
      <section>
        <h2>HTML</h2>
        <iframe src="${MAILBOX}/${mail.id}/html" sandbox="${SANDBOX}" referrerpolicy="no-referrer" title="The mail as HTML"></iframe>
      </section>
      <section>
        <h2>Text</h2>
        <pre lang="${mail.language}" dir="${directionOf(mail.language)}">${withLinks(mail.body)}</pre>
      </section>
    </div>`,
  )

const readable = (time: Date): string => `${time.toISOString().slice(0, 19).replace('T', ' ')} UTC`

const withLinks = (text: string): Content =>
  text
    .split(/(https?:\/\/[^\s<>]+)/)
    .map((part, i) => (i % 2 === 1 ? html`<a href="${part}" rel="noreferrer">${part}</a>` : part))

const page = (title: string, content: Html): Html => html`<!doctype html>
<html lang="en">
<head>
  <meta charset="utf-8">
  <meta name="viewport" content="width=device-width, initial-scale=1">
  <title>${title} · Heed sample</title>
  <link rel="stylesheet" href="${MAILBOX}/style.css">
</head>
<body>
  <main>${content}
  </main>
</body>
</html>
`

const style = `:root { color-scheme: light dark; font: 1rem/1.6 system-ui, sans-serif }
body { max-width: 60rem; margin: 3rem auto; padding: 0 1.5rem }
ol { list-style: none; padding: 0 }
li { padding: .6rem 0; border-top: 1px solid color-mix(in srgb, currentColor 15%, transparent) }
li span { display: block }
.sides { display: grid; gap: 1.5rem; grid-template-columns: repeat(auto-fit, minmax(min(22rem, 100%), 1fr)) }
h2 { font-size: 1rem }
iframe { width: 100%; height: 26rem; border: 1px solid color-mix(in srgb, currentColor 25%, transparent) }
pre { white-space: pre-wrap; overflow-wrap: anywhere; font: inherit }
`
