/** Texts that people read: places in them filled in, and the one of several that is nearest to a language. */
import { chooseLanguage } from './languages.ts'

export type Texts = Readonly<Record<string, string>>

/** `{name}` in a text; a place that nothing is given for stays as it is. */
export const fill = (text: string, values: Readonly<Record<string, string | number>>): string =>
  text.replace(/\{(\w+)\}/g, (whole, name: string) => String(values[name] ?? whole))

/** The language in which a text is said: the wanted one, else the nearest, else the default, else English, else any. */
export function languageOf(texts: Texts, wanted: string, defaultLanguage: string): string {
  const available = Object.keys(texts)
  const fallback = [defaultLanguage, 'en'].find(language => texts[language] !== undefined)
  return chooseLanguage({ asked: wanted, available, fallback: fallback ?? available[0] ?? wanted })
}

export const inLanguage = (texts: Texts, wanted: string, defaultLanguage: string): string =>
  texts[languageOf(texts, wanted, defaultLanguage)] ?? ''
