/** What every page of the preference centre stands in. */
import { type Content, type Html, html } from '../http/html.ts'
import { languageSwitch } from '../http/languageSwitch.ts'
import { directionOf } from '../http/languages.ts'
import { LIVE_PATH, STYLE_PATH } from './assets.ts'
import { textsIn } from './texts.ts'
import { clockOf } from './time.ts'

export interface Frame {
  title: string
  language: string
  languages: readonly string[]
  /** Of this page without its query: the switch of languages is made from it. */
  path: string
  /** What stands ticked in it is taken along into another language. */
  formId?: string
  shape: string
  /** Stylesheet with the theme's colours. */
  themePath?: string
  header?: Content
  footer?: Content
}

export function page(
  { title, language, languages, path, formId, shape, themePath, header, footer }: Frame,
  main: Content,
): Html {
  const addressIn = (other: string) => `${path}?lang=${encodeURIComponent(other)}`
  const clock = clockOf(language)
  return html`<!doctype html>
<html lang="${language}" dir="${directionOf(language)}" data-shape="${shape}"${clock && html` data-clock="${clock}"`}>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="robots" content="noindex">
<title>${title}</title>
<link rel="stylesheet" href="${STYLE_PATH}">
${themePath ? html`<link rel="stylesheet" href="${themePath}">` : ''}
<script type="module" src="${LIVE_PATH}"></script>
<div class="page">
${header ? html`<header>${header}</header>` : ''}
<main id="main" tabindex="-1">${main}</main>
${footer || languages.length > 1 ? html`<footer>${footer}${languageSwitch({ language, languages, label: textsIn(language).language, addressIn, formId })}</footer>` : ''}
</div>
</html>
`
}
