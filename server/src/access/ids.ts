/** Ids that Heed makes. */
import { randomInt, randomUUID } from 'node:crypto'

const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789'

export const newId = (): string => randomUUID()

/** Short ids as the public API shows them: 7 for elements, 8 for preferences and values. */
export const newShortId = (length: number): string =>
  Array.from({ length }, () => ALPHABET[randomInt(ALPHABET.length)]).join('')
