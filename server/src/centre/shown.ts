/** What every part of the page needs to know to say its part. */
import type { Place } from '../deliver/inForce.ts'
import { type Content, type Html, html } from '../http/html.ts'
import { inLanguage, type Texts as OfLanguages } from '../http/texts.ts'
import type { Snapshot } from '../widgets/snapshot.ts'
import { AS_SHOWN, asShown, WHOSE, whoseForm } from './form.ts'
import { type Texts, textsIn } from './texts.ts'
import { told } from './told.ts'

export interface Shown {
  snapshot: Snapshot
  version: number
  language: string
  /** `/c/{organization}/{widget}` */
  path: string
  /** Who is signed in, by the organization's id of them. */
  user?: string
  /** The person has a mailbox for a copy of the receipt. */
  hasMailbox?: boolean
  /** Who may only look at their choices is shown nothing that would save them. */
  isReadOnly?: boolean
}

export interface Ground extends Shown {
  texts: Texts
  say(texts: OfLanguages): string
  /** The same in a page: marked where it is another language than the page's. */
  tell(texts: OfLanguages): Content
  places: ReadonlyMap<string, readonly Place[]>
}

export function groundOf(shown: Shown, places: Ground['places']): Ground {
  const { snapshot, language } = shown
  return {
    ...shown,
    places,
    texts: textsIn(language),
    say: texts => inLanguage(texts, language, snapshot.defaultLanguage),
    tell: texts => told(texts, language, snapshot.defaultLanguage),
  }
}

/** Whose choices a form shows, and in which words. */
export const marks = (ground: Ground): Html =>
  html`<input type="hidden" name="${WHOSE}" value="${whoseForm(ground.user)}"><input type="hidden" name="${AS_SHOWN}" value="${asShown(ground)}">`
