/** The page's language as a choice of the person: a preference of the library that is marked as the one of language. Pure. */
import { chooseLanguage } from '../http/languages.ts'
import { LANGUAGE_MARK } from '../record/chosenLanguage.ts'
import type { PurposeChoice } from '../resolve/event.ts'
import type { Registers } from '../resolve/status.ts'
import type { Snapshot, SnapshotPreference } from '../widgets/snapshot.ts'
import { everyPreference, viewOf } from './view.ts'

const isOfLanguage = ({ metadata }: SnapshotPreference): boolean => metadata[LANGUAGE_MARK] === true

/** Undefined: nothing chosen, or nothing that the page speaks. */
export function chosenLanguage(snapshot: Snapshot, registers: Registers): string | undefined {
  const preferences = viewOf(snapshot, registers).flatMap(one => everyPreference(one.preferences))
  const [asked] = preferences.find(({ preference }) => isOfLanguage(preference))?.chosen ?? []
  return chooseLanguage({ asked, available: snapshot.languages, fallback: '' }) || undefined
}

export function changesLanguage(snapshot: Snapshot, changes: readonly PurposeChoice[]): boolean {
  const marked = viewOf(snapshot, {})
    .flatMap(one => everyPreference(one.preferences))
    .filter(({ preference }) => isOfLanguage(preference))
    .map(({ preference }) => preference.id)
  return changes.some(({ values = {} }) => marked.some(id => id in values))
}
