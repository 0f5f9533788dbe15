/** The one layout of this room's pages: no script, no frame, nothing kept by the browser. */
import { readFileSync } from 'node:fs'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { type Content, html } from '../http/html.ts'
import { languageSwitch } from '../http/languageSwitch.ts'
import { directionOf } from '../http/languages.ts'
import type { App } from '../http/server.ts'
import { type Texts, texts, textsIn } from './texts.ts'

const CSS = readFileSync(new URL('page.css', import.meta.url), 'utf8')
const CSS_PATH = '/assets/sign-in.css'

export interface Page {
  status?: number
  title: string
  body: Content
  /** An address that a form of the page leads on to. */
  leadsTo?: string | undefined
  /** At which address the page is found again; absent: where it was asked for. */
  path?: string | undefined
}

export interface Speech {
  language: string
  say: Texts
  /** As it was asked for, with its query. */
  path: string
  /** Of the preference centre that the person comes from: the style sheet with its colours. */
  themePath?: string | undefined
}

/** Preference centres stand to the left of this room: it is told how one looks. */
export interface ThemeGround {
  /** By the address that leads there; undefined where it is not one of a preference centre of Heed's. */
  themeOf?(address: string): Promise<string | undefined>
  /** Undefined where it is not published. */
  themeOfWidget?(organizationId: string, widgetId: string): Promise<string | undefined>
}

/** In which language somebody is spoken to. */
export function speechFor(request: FastifyRequest, known?: string | null): Speech {
  const { lang } = request.query as { lang?: unknown }
  const asked = typeof lang === 'string' ? lang : (known ?? undefined)
  return { ...textsIn(asked, request.headers['accept-language']), path: request.originalUrl }
}

export function sendPage(reply: FastifyReply, speech: Speech, page: Page): FastifyReply {
  const { language, say, themePath } = speech
  const languages = {
    ...{ language, languages: Object.keys(texts), label: say.language },
    addressIn: (other: string) => inLanguage(page.path ?? speech.path, other),
  }
  const text = html`<!doctype html>
<html lang="${language}" dir="${directionOf(language)}"${themePath ? html` data-themed` : ''}>
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="robots" content="noindex">
<title>${page.title}</title>
<link rel="stylesheet" href="${CSS_PATH}">
${themePath ? html`<link rel="stylesheet" href="${themePath}">` : ''}
</head>
<body>
<main>
<h1>${page.title}</h1>
${page.body}
</main>
<footer>${languageSwitch(languages)}</footer>
</body>
</html>
`
  return reply
    .status(page.status ?? 200)
    .type('text/html; charset=utf-8')
    .headers({ ...noReferrer, 'content-security-policy': policy(page.leadsTo) })
    .send(text.text)
}

function inLanguage(path: string, language: string): string {
  const [name, query] = path.split('?')
  const parameters = new URLSearchParams(query)
  parameters.set('lang', language)
  return `${name}?${parameters}`
}

const noReferrer = { 'referrer-policy': 'no-referrer' }

/** Browsers hold a form's target against the policy after its redirects too. */
const policy = (leadsTo: string | undefined): string =>
  [
    "default-src 'none'",
    "style-src 'self'",
    `form-action 'self'${leadsTo ? ` ${new URL(leadsTo).origin}` : ''}`,
    "frame-ancestors 'none'",
    "base-uri 'none'",
  ].join('; ')

/** Never to an address that was not held against the organization's list before. */
export const leadOn = (reply: FastifyReply, address: string): FastifyReply =>
  reply
    .status(303)
    .headers({ ...noReferrer, location: address })
    .send()

export function cssRoute(app: App): void {
  app.get(CSS_PATH, { config: { open: true }, schema: { hide: true } }, async (_, reply) =>
    reply.type('text/css; charset=utf-8').header('cache-control', 'public, max-age=3600').send(CSS),
  )
}
