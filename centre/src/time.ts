/** Times in the reader's zone. */
import type { Widget } from '@heed/client'
import { timeWriter } from './clock.js'
import { h } from './dom.ts'

const writers = new Map<string, (at: Date) => string>()

export function timeIn({ language, clock }: Widget, at: string): string {
  const write = writers.get(language) ?? timeWriter(clock, language)
  writers.set(language, write)
  return write(new Date(at))
}

/** @param text with `{time}` in it */
export const timed = (text: string, at: string, widget: Widget): (Node | string)[] =>
  around(text, 'time', h('time', { datetime: at }, timeIn(widget, at)))

/** A text with an element in it. */
export function around(text: string, name: string, element: HTMLElement): (Node | string)[] {
  const [before = '', after = ''] = text.split(`{${name}}`)
  return [before, element, after]
}
