/** From a template and its parameters to what is sent. */
import { convert } from 'html-to-text'
import { chooseLanguage } from '../http/languages.ts'
import { inLanguage, languageOf as languageIn } from '../http/texts.ts'
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
/** One run of characters between the braces: trimmed afterwards, since a pattern that also skips spaces takes minutes for many. */
const PLACEHOLDER = /\{\{([^{}]*)\}\}/g
/** Deeper than any mail is nested, and far from where walking down would end the process. */
const MAX_DEPTH = 300

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
  [...template.matchAll(PLACEHOLDER)].map(match => (match[1] as string).trim())

const fill = (template: string, value: (name: string) => string): string =>
  template.replace(PLACEHOLDER, (_, name: string) => value(name.trim()))

/** A text for all languages says nothing of its own language: it is taken to be the one asked for. */
function languageOf(properties: Properties | undefined, asked: string): string {
  if (!properties) return chooseLanguage({ asked, available: defaultLanguages, fallback: FALLBACK })
  return typeof properties.html === 'string' ? asked : languageIn(properties.html, asked, FALLBACK)
}

const said = (text: Translated, language: string): string =>
  typeof text === 'string' ? text : inLanguage(text, language, FALLBACK)

const contentOf = ({ html, subject }: Properties, language: string): Content => ({
  html: said(html, language),
  subject: said(subject, language),
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
    limits: { maxDepth: MAX_DEPTH },
    selectors: [
      { selector: 'a', options: { hideLinkHrefIfSameAsText: true, linkBrackets: ['<', '>'] } },
      { selector: 'img', format: 'skip' },
    ],
  })
