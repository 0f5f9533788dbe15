/** What an integration's mappings read from a status. */
import type { MappingItem, Source, Stated } from '../connectors/contract.ts'
import type { Library } from '../library/library.ts'
import { type Reading, readingOf, type Subject } from '../resolve/elements.ts'
import { withdrawnName } from '../resolve/withdrawal.ts'

export interface Readings {
  sources: ReadonlyMap<string, Source>
  /** Indexes of mappings whose value points at nothing. */
  unknown: readonly number[]
  /** Which of the mappings' values hold something of these registers. */
  holding(withdrawn: readonly string[], regulation: string): ReadonlySet<string>
  read(subject: Subject, regulation: string): Map<string, Stated>
}

/** By the mapping's `value`. `changed_at` and `event_id` point at an element or a path, whichever is there. */
export function readingsOf(library: Library, mappings: readonly MappingItem[]): Readings {
  const readings = new Map<string, Reading>()
  const unknown: number[] = []
  mappings.forEach(({ type, value }, i) => {
    if (type === 'static' || type === 'regulation' || readings.has(value)) return
    const byElement = type !== undefined && readingOf(library, value, true)
    const reading = byElement || (type === 'pmp-widget-id' ? undefined : readingOf(library, value, false))
    if (reading) readings.set(value, reading)
    else unknown.push(i)
  })
  const read = Array.from(readings, ([value, reading]) => ({ value, reading }))
  /** Most of a round withdraw the same. */
  const heldByWithdrawn = new Map<string, ReadonlySet<string>>()
  /** The values that hold something of a register, by its name among what is withdrawn. */
  const valuesByRegulation = new Map<string, Map<string, string[]>>()
  function valuesIn(regulation: string): Map<string, string[]> {
    let values = valuesByRegulation.get(regulation)
    if (!values) {
      values = new Map()
      for (const [value, { register }] of readings)
        if (register !== undefined) {
          const name = withdrawnName(regulation, register)
          values.set(name, [...(values.get(name) ?? []), value])
        }
      valuesByRegulation.set(regulation, values)
    }
    return values
  }
  return {
    sources: new Map([...readings].map(([value, { source }]) => [value, source])),
    unknown,
    holding(withdrawn, regulation) {
      const key = [regulation, ...withdrawn].join(' ')
      let held = heldByWithdrawn.get(key)
      if (!held) {
        const values = valuesIn(regulation)
        held = new Set(withdrawn.flatMap(name => values.get(name) ?? []))
        heldByWithdrawn.set(key, held)
      }
      return held
    },
    read(subject, regulation) {
      const stated = new Map<string, Stated>()
      for (const { value, reading } of read) {
        const held = reading.read(subject, regulation)
        if (held) stated.set(value, held)
      }
      return stated
    },
  }
}

export const regulationOf = (properties: Record<string, unknown>): string =>
  typeof properties.regulation === 'string' ? properties.regulation : 'gdpr'
