/**
 * The org's texts as the database can keep them: PostgreSQL takes neither NUL nor half a surrogate pair. One message with such a
 * character in it, and the outcomes of a whole round could not be written down, nor ever would be.
 */

/** An escape of one of them; JSON's bare text has none. Also of whole pairs, which are seldom written so. */
const SUSPICIOUS = /\\u(0000|d[89a-f])/i

export const parseJson = (text: string): unknown =>
  SUSPICIOUS.test(text)
    ? JSON.parse(text, (_, value) => (typeof value === 'string' ? keepable(value) : value))
    : JSON.parse(text)

export const keepable = (text: string): string => text.toWellFormed().replaceAll('\0', '\uFFFD')

export const cut = (text: string, characters: number): string =>
  text.length > characters ? `${text.slice(0, characters).toWellFormed()}…` : text
