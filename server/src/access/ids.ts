/** Ids that Heed makes. */
import { randomInt } from 'node:crypto'
import { v7 } from 'uuid'

const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789'

/**
 * A UUID of version 7 (RFC 9562): in the order in which they are made, so that what comes about together lies together in tables and
 * their indexes. They tell when they were made, and are no secrets.
 */
export const newId = (): string => v7()

/** Short ids as the public API shows them: 7 for elements, 8 for preferences and values. */
export const newShortId = (length: number): string =>
  Array.from({ length }, () => ALPHABET[randomInt(ALPHABET.length)]).join('')
