/** Times in the reader's zone. */
import { h } from './dom.ts'

const formats = new Map<string, Intl.DateTimeFormat>()

export function timeIn(language: string, at: string): string {
  const known = formats.get(language)
  if (known) return known.format(new Date(at))
  formats.set(language, new Intl.DateTimeFormat(language, { dateStyle: 'medium', timeStyle: 'short' }))
  return timeIn(language, at)
}

/** @param text with `{time}` in it */
export function timed(text: string, at: string, language: string): (Node | string)[] {
  return around(text, 'time', h('time', { datetime: at }, timeIn(language, at)))
}

/** A text with an element in it. */
export function around(text: string, name: string, element: HTMLElement): (Node | string)[] {
  const [before = '', after = ''] = text.split(`{${name}}`)
  return [before, element, after]
}
