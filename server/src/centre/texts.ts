/** The page's own words in every language it speaks; a language that lacks one does not compile. */
import { texts as signIn } from '../signin/texts.ts'
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

/** French has a space before some signs: no line begins with one of them. */
const unbroken = (texts: Texts): Texts =>
  Object.fromEntries(
    Object.entries(texts).map(([name, text]) => [name, text.replaceAll(/ (?=[:;?!])/g, '\u00a0')]),
  ) as Texts

const spoken: Readonly<Record<string, Texts>> = { ar, de, en, es, fr: unbroken(fr), it, nl, pl, pt }

export const spokenLanguages: readonly string[] = Object.keys(spoken)

/** `de-AT` is spoken as German; a language that Heed does not speak itself is framed in English. */
const nearest = <T>(known: Readonly<Record<string, T>>, language: string, english: T): T =>
  known[language] ?? known[language.split('-')[0] as string] ?? english

export const textsIn = (language: string): Texts => nearest(spoken, language, en)

export const signInTextsIn = (language: string) => nearest(signIn, language, signIn.en)
