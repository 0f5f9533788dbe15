/** Record ids: 15 case-sensitive characters, and the 3 behind them that make an id safe where case is lost. */

const BASE62 = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789'
const SUFFIX = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ012345'
const INSTANCE = '5e0'
const COUNTER_LENGTH = 9

/** One for each org: ids are given out in order, so the same steps give the same ids. */
export function createIdSequence(): (keyPrefix: string) => string {
  const next = new Map<string, number>()
  return keyPrefix => {
    const count = (next.get(keyPrefix) ?? 0) + 1
    next.set(keyPrefix, count)
    let digits = ''
    for (let rest = count; digits.length < COUNTER_LENGTH; rest = Math.floor(rest / 62)) {
      digits = BASE62.charAt(rest % 62) + digits
    }
    return withSuffix(keyPrefix + INSTANCE + digits)
  }
}

/** The 18-character form of an id given with 15 or 18 characters; undefined for what is no id. */
export function toLongId(id: string): string | undefined {
  if (!/^([a-zA-Z0-9]{15}|[a-zA-Z0-9]{18})$/.test(id)) return undefined
  const long = withSuffix(id.slice(0, 15))
  return id.length === 15 || long === id ? long : undefined
}

function withSuffix(id: string): string {
  let suffix = ''
  for (let block = 0; block < 15; block += 5) {
    let bits = 0
    for (let i = 0; i < 5; i++) {
      const code = id.charCodeAt(block + i)
      if (code >= 65 && code <= 90) bits |= 1 << i
    }
    suffix += SUFFIX.charAt(bits)
  }
  return id + suffix
}
