/** A text as it stands in a page: marked where no text in the page's language was there, so that it is read aloud as what it is. */
import { type Content, html } from '../http/html.ts'
import { directionOf } from '../http/languages.ts'
import { languageOf, type Texts } from '../http/texts.ts'

export function told(texts: Texts, pageLanguage: string, defaultLanguage: string): Content {
  const language = languageOf(texts, pageLanguage, defaultLanguage)
  const text = texts[language]
  // British in an American page is read well enough, and every variety would be marked.
  if (!text || baseOf(language) === baseOf(pageLanguage)) return text
  const direction = directionOf(language)
  return direction === directionOf(pageLanguage)
    ? html`<span lang="${language}">${text}</span>`
    : html`<span lang="${language}" dir="${direction}">${text}</span>`
}

const baseOf = (language: string): string => language.toLowerCase().split('-')[0] as string
