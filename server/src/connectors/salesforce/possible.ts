/** What a mapping item can ever write, known before anybody chooses. Pure. */
import type { Source } from '../contract.ts'
import type { FieldDescription } from './describe.ts'
import { type FieldValue, fit, isMisfit, shapeOf } from './fit.ts'
import type { Mapping } from './manifest.ts'
import { dateText, invertedValue, readsChoice, translate } from './mapping.ts'

/** As Heed gives them; callers may choose their own. */
const EVENT_ID = '00000000-0000-4000-8000-000000000000'

interface Possible {
  value: FieldValue
  /** Where in the item it is said. */
  place: string
}

/** Empty where only the people know: texts without a table. */
export function possibleValues(item: Mapping, source: Source | undefined, regulation: string): Possible[] {
  switch (item.type) {
    case 'static':
      return [{ place: 'value', value: item.value === '' ? null : item.value }]
    case 'regulation':
      return [{ place: 'id', value: translate(item, regulation) }]
    case 'changed_at':
      return [{ place: 'id', value: dateText(item, new Date(0)) }]
    case 'event_id':
      return [{ place: 'id', value: EVENT_ID }]
    default: {
      if (!source) return []
      const table = Object.keys(item.values ?? {})
      const place = (key: string) => (table.length > 0 ? `values.${key}` : 'id')
      if (source.kind === 'text')
        return table.map(key => ({ place: place(key), value: translate(item, key) }))
      // Whoever takes a choice back has chosen nothing, which a table may translate.
      const nothing = source.kind === 'single' && table.includes('') ? [''] : []
      return [...keysOf(source), ...nothing].map(key => {
        const value = translate(item, source.kind === 'boolean' ? key === 'true' : key)
        return { place: place(key), value: invertedValue(item, value) }
      })
    }
  }
}

export const keysOf = ({ kind, valueIds }: Source): readonly string[] =>
  kind === 'boolean' ? ['true', 'false'] : valueIds

/** Undefined: the kind of source goes with the kind of field. */
export function kindMisfit(
  item: Mapping,
  source: Source | undefined,
  field: FieldDescription,
): string | undefined {
  const shape = shapeOf(field)
  if (item.type === 'event_id' && shape !== 'text')
    return `an event’s id does not fit a field of type ${field.type}`
  if (shape !== 'boolean' || !readsChoice(item)) return undefined
  if (source?.kind === 'multi')
    return 'several chosen values do not fit a checkbox; map each value’s own element to a checkbox'
  if (source?.kind === 'text' && Object.keys(item.values ?? {}).length === 0)
    return 'a text does not fit a checkbox without a values table'
  return undefined
}

/**
 * What is wrong with the field's type, where none of the possible values fits it, however long it is, whatever its
 * picklist holds and whether or not it may be empty. One value that does not fit is a matter of those who choose it: the others are written.
 */
export function typeMisfit(
  item: Mapping,
  source: Source | undefined,
  field: FieldDescription,
  regulation: string,
): string | undefined {
  const kind = kindMisfit(item, source, field)
  if (kind !== undefined) return kind
  const roomy = { ...field, restrictedPicklist: false, length: 0, nillable: true }
  const fitted = possibleValues(item, source, regulation).map(({ value }) => fit(value, roomy))
  return fitted.every(isMisfit) ? fitted[0]?.misfit : undefined
}
