/** Links to the same page in its other languages: they work without JavaScript, and each can be opened beside another. */
import { type Content, html } from './html.ts'
import { nameOfLanguage } from './languages.ts'

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
          ? html`<span aria-current="true" lang="${other}">${nameOfLanguage(other)}</span>`
          : html`<a href="${addressIn(other)}" lang="${other}" hreflang="${other}">${nameOfLanguage(other)}</a>`
      }</li>`,
  )}</ul></nav>`
}
