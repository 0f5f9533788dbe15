/** The page's own words in every language it speaks; a language that lacks one does not compile. */
import { ar } from './texts/ar.ts'
import { de } from './texts/de.ts'
import { en, type Texts } from './texts/en.ts'
import { es } from './texts/es.ts'
import { fr } from './texts/fr.ts'
import { it } from './texts/it.ts'
import { nl } from './texts/nl.ts'
import { pl } from './texts/pl.ts'
import { pt } from './texts/pt.ts'

export type { Texts }

const spoken: Readonly<Record<string, Texts>> = { ar, de, en, es, fr, it, nl, pl, pt }

export const spokenLanguages: readonly string[] = Object.keys(spoken)

/** `de-AT` is spoken as German; a language that Heed does not speak itself is framed in English. */
export const textsIn = (language: string): Texts =>
  spoken[language] ?? spoken[language.split('-')[0] as string] ?? en

export const fill = (text: string, values: Readonly<Record<string, string | number>>): string =>
  text.replace(/\{(\w+)\}/g, (whole, name: string) => String(values[name] ?? whole))

/** A text in the wanted language, else the nearest, else the default, else any. */
export function inLanguage(
  texts: Readonly<Record<string, string>>,
  language: string,
  defaultLanguage: string,
): string {
  const [base = ''] = language.split('-')
  return (
    texts[language] ??
    texts[base] ??
    Object.entries(texts).find(([tag]) => tag.split('-')[0] === base)?.[1] ??
    texts[defaultLanguage] ??
    texts.en ??
    Object.values(texts)[0] ??
    ''
  )
}
