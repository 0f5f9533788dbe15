/** From a template and its parameters to what is sent. */
import { convert } from 'html-to-text'
import { chooseLanguage } from '../http/languages.ts'
import { type Content, defaultContentOf, defaultLanguages, documentOf } from './defaults.ts'
import type { TemplateId } from './templates.ts'

/** One text for every language, or one per language. */
type Translated = string | Record<string, string>

/** What an organization says instead of the default. */
export interface Properties {
  html: Translated
  subject: Translated
  reply_to: string[]
}

export interface Rendered {
  language: string
  subject: string
  html: string
  text: string
}

const FALLBACK = 'en'
const PLACEHOLDER = /\{\{\s*([^{}]*?)\s*\}\}/g

export function render(
  id: TemplateId,
  properties: Properties | undefined,
  asked: string,
  parameters: Readonly<Record<string, string>>,
): Rendered {
  const language = languageOf(properties, asked)
  const content = properties ? contentOf(properties, language) : defaultContentOf(id, language)
  const html = documentOf(
    fill(content.html, name => escaped(parameters[name] ?? '')),
    language,
  )
  return {
    language,
    subject: fill(content.subject, name => parameters[name] ?? '')
      .replace(/\s+/g, ' ')
      .trim(),
    html,
    text: textOf(html),
  }
}

/** Which parameters a template names. */
export const placeholdersIn = (template: string): string[] =>
  [...template.matchAll(PLACEHOLDER)].map(match => match[1] as string)

const fill = (template: string, value: (name: string) => string): string =>
  template.replace(PLACEHOLDER, (_, name: string) => value(name))

/** A text for all languages says nothing of its own language: it is taken to be the one asked for. */
function languageOf(properties: Properties | undefined, asked: string): string {
  if (properties && typeof properties.html === 'string') return asked
  return among(properties ? Object.keys(properties.html) : defaultLanguages, asked)
}

const contentOf = ({ html, subject }: Properties, language: string): Content => ({
  html: inLanguage(html, language),
  subject: inLanguage(subject, language),
})

function inLanguage(text: Translated, language: string): string {
  return typeof text === 'string' ? text : (text[among(Object.keys(text), language)] ?? '')
}

const among = (available: readonly string[], asked: string): string =>
  chooseLanguage({
    asked,
    available,
    fallback: available.includes(FALLBACK) ? FALLBACK : (available[0] ?? FALLBACK),
  })

const escapes: Record<string, string> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
  '\n': '<br>\n',
}
const escaped = (text: string): string =>
  text.replace(/[&<>"'\n]/g, character => escapes[character] as string)

const textOf = (html: string): string =>
  convert(html, {
    wordwrap: 78,
    selectors: [
      { selector: 'a', options: { hideLinkHrefIfSameAsText: true, linkBrackets: ['<', '>'] } },
      { selector: 'img', format: 'skip' },
    ],
  })
