/** Links to the same page in its other languages: they work without JavaScript, and each can be opened beside another. */
import { type Content, html } from './html.ts'

export interface LanguageSwitch {
  /** Of the page. */
  language: string
  languages: readonly string[]
  /** What the list is, for who does not see it. */
  label: string
  addressIn(language: string): string
}

export function languageSwitch({ language, languages, label, addressIn }: LanguageSwitch): Content {
  if (languages.length < 2) return ''
  return html`<nav class="languages" aria-label="${label}"><ul>${languages.map(
    other =>
      html`<li>${
        other === language
          ? html`<span aria-current="true" lang="${other}">${nameOf(other)}</span>`
          : html`<a href="${addressIn(other)}" lang="${other}" hreflang="${other}">${nameOf(other)}</a>`
      }</li>`,
  )}</ul></nav>`
}

/** A language's own name for itself. */
function nameOf(language: string): string {
  const name = new Intl.DisplayNames([language], { type: 'language' }).of(language) ?? language
  return name.charAt(0).toLocaleUpperCase(language) + name.slice(1)
}
