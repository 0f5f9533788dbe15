/** What every page of the preference centre stands in. */
import { type Content, type Html, html } from '../http/html.ts'
import { directionOf } from '../http/languages.ts'
import { LIVE_PATH, STYLE_PATH } from './assets.ts'
import { textsIn } from './texts.ts'
import { clockOf } from './time.ts'

export interface Frame {
  title: string
  language: string
  languages: readonly string[]
  /** Of this page without its query: language links are made from it. */
  path: string
  shape: string
  /** Stylesheet with the theme's colours. */
  themePath?: string
  header?: Content
  footer?: Content
}

export function page(
  { title, language, languages, path, shape, themePath, header, footer }: Frame,
  main: Content,
): Html {
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
${footer || languages.length > 1 ? html`<footer>${footer}${languageSwitch(language, languages, path)}</footer>` : ''}
</div>
</html>
`
}

/** Links, so that it works without JavaScript and each language can be opened beside another. */
function languageSwitch(language: string, languages: readonly string[], path: string): Content {
  if (languages.length < 2) return ''
  return html`<nav class="languages" aria-label="${textsIn(language).language}"><ul>${languages.map(
    other =>
      html`<li>${
        other === language
          ? html`<span aria-current="true" lang="${other}">${nameOf(other)}</span>`
          : html`<a href="${path}?lang=${encodeURIComponent(other)}" lang="${other}" hreflang="${other}">${nameOf(other)}</a>`
      }</li>`,
  )}</ul></nav>`
}

/** A language's own name for itself. */
function nameOf(language: string): string {
  const name = new Intl.DisplayNames([language], { type: 'language' }).of(language) ?? language
  return name.charAt(0).toLocaleUpperCase(language) + name.slice(1)
}
