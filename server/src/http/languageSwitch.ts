/**
 * To the same page in its other languages, without JavaScript: by links, each of which can be opened beside another, or by
 * buttons of a form, which is shown again as it stands.
 */
import { type Content, html } from './html.ts'
import { nameOfLanguage } from './languages.ts'

export interface LanguageSwitch {
  /** Of the page. */
  language: string
  languages: readonly string[]
  /** What the list is, for who does not see it. */
  label: string
  addressIn(language: string): string
  formId?: string | undefined
}

/** What such a button asks for, as the form's `action`. */
export const SHOW_AGAIN = 'show'

export function languageSwitch({ language, languages, label, addressIn, formId }: LanguageSwitch): Content {
  if (languages.length < 2) return ''
  return html`<nav class="languages" aria-label="${label}"><ul>${languages.map(
    other =>
      html`<li>${
        other === language
          ? html`<span aria-current="true" lang="${other}">${nameOfLanguage(other)}</span>`
          : formId
            ? html`<button class="link" form="${formId}" formaction="${addressIn(other)}" name="action" value="${SHOW_AGAIN}" lang="${other}">${nameOfLanguage(other)}</button>`
            : html`<a href="${addressIn(other)}" lang="${other}" hreflang="${other}">${nameOfLanguage(other)}</a>`
      }</li>`,
  )}</ul></nav>`
}
