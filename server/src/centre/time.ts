/** Times as a language writes them: by the server in UTC, and by the page's script in the reader's zone. */
import { type Content, type Html, html } from '../http/html.ts'
import { fill, type Texts } from '../http/texts.ts'

const STYLE: Intl.DateTimeFormatOptions = {
  ...{ year: 'numeric', month: 'short', day: 'numeric', hour: 'numeric', minute: '2-digit' },
  timeZone: 'UTC',
}

/** In UTC, and said so. */
export const timeOf = (at: Date, language: string): Html =>
  html`<time datetime="${at.toISOString()}">${timeText(at, language)}</time>`

/** A text with a time in it. Split first: a name may hold what looks like a place for a time. */
export function timed(text: string, values: Texts, at: Date, language: string): Content {
  const [before = '', after = ''] = text.split('{time}').map(part => fill(part, values))
  return [before, timeOf(at, language), after]
}

/** A time for a mail. */
export const timeText = (at: Date, language: string): string => manners(language).format.format(at)

/**
 * What the page's script writes a time with: the order of its parts, and each part by its number. A formatter of the
 * browser's own takes a slow telephone as long as all the rest of the page; the script makes one only where this is
 * undefined, since the language counts by another calendar or in other digits.
 */
export const clockOf = (language: string): string | undefined => manners(language).clock

interface Manners {
  format: Intl.DateTimeFormat
  clock: string | undefined
}

const known = new Map<string, Manners>()
function manners(language: string): Manners {
  const found = known.get(language)
  if (found) return found
  const format = new Intl.DateTimeFormat(language, { ...STYLE, timeZoneName: 'short' })
  const made = { format, clock: clockFrom(new Intl.DateTimeFormat(language, STYLE)) }
  known.set(language, made)
  return made
}

function clockFrom(format: Intl.DateTimeFormat): string | undefined {
  const { calendar, numberingSystem } = format.resolvedOptions()
  if (calendar !== 'gregory' || numberingSystem !== 'latn') return undefined
  const partsAt = (month: number, day: number, hour: number) =>
    format.formatToParts(Date.UTC(2026, month, day, hour))
  const each = (count: number, type: string, partsOf: (n: number) => Intl.DateTimeFormatPart[]) =>
    Array.from({ length: count }, (_, n) => partsOf(n).find(part => part.type === type)?.value).join('|')
  const ofHour = (hour: number) => partsAt(0, 1, hour)
  return JSON.stringify({
    // format() writes a plain space where its parts have a narrow one.
    order: ofHour(0)
      .map(({ type, value }) => (type === 'literal' ? value.replaceAll('\u202f', ' ') : `{${type}}`))
      .join(''),
    month: each(12, 'month', month => partsAt(month, 1, 0)),
    day: each(31, 'day', day => partsAt(0, day + 1, 0)),
    hour: each(24, 'hour', ofHour),
    dayPeriod: each(24, 'dayPeriod', ofHour),
  })
}
