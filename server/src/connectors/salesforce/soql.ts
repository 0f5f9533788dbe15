/** SOQL text: literals that cannot break out, and look-ups packed to the limits of a query. Sends nothing. */
import { QUERY_BYTES, STATEMENT_CHARACTERS } from './limits.ts'

const ESCAPES: Record<string, string> = {
  "'": "\\'",
  '\\': '\\\\',
  '\n': '\\n',
  '\r': '\\r',
  '\t': '\\t',
  '\b': '\\b',
  '\f': '\\f',
}

/** Escaping the quote alone, as clients do, lets a value that ends in a backslash break out. */
export function literal(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: exactly those have to be escaped
  const escaped = text.toWellFormed().replace(/['\\\u0000-\u001f\u007f]/g, character => {
    const code = character.charCodeAt(0).toString(16).padStart(4, '0')
    return ESCAPES[character] ?? `\\u${code}`
  })
  return `'${escaped}'`
}

/** Encodes what has to be, and leaves what a query string may hold: every byte saved is room for another look-up. */
export const encodeQuery = (soql: string): string =>
  encodeURIComponent(soql).replace(/%20/g, '+').replace(/%2C/g, ',').replace(/%40/g, '@').replace(/%3D/g, '=')

export const queryPath = (soql: string): string => `/query?q=${encodeQuery(soql)}`

/** Deleted records are found, too. */
export const queryAllPath = (soql: string): string => `/queryAll?q=${encodeQuery(soql)}`

export interface Search {
  object: string
  select: readonly string[]
  /** Ready literals by field; a record that matches any of them is found. */
  anyOf: readonly { field: string; literals: readonly string[] }[]
  /** Ready condition that must hold as well. */
  and?: string
}

/** As few statements as the limits allow; all literals are in exactly one of them. */
export function pack(search: Search): string[] {
  const fixed = statement(search, new Map(search.anyOf.map(({ field }) => [field, []])))
  const fixedBytes = encodeQuery(fixed).length + '/services/data/v00.0/query?q='.length
  const statements: string[] = []
  let parts = new Map<string, string[]>()
  let bytes = fixedBytes
  let characters = fixed.length
  for (const { field, literals } of search.anyOf) {
    for (const one of literals) {
      const oneBytes = encodeQuery(one).length + 1
      if (
        parts.size > 0 &&
        (bytes + oneBytes > QUERY_BYTES || characters + one.length + 1 > STATEMENT_CHARACTERS)
      ) {
        statements.push(statement(search, parts))
        parts = new Map()
        bytes = fixedBytes
        characters = fixed.length
      }
      const part = parts.get(field)
      if (part) part.push(one)
      else parts.set(field, [one])
      bytes += oneBytes
      characters += one.length + 1
    }
  }
  if (parts.size > 0) statements.push(statement(search, parts))
  return statements
}

function statement({ object, select, and }: Search, parts: ReadonlyMap<string, readonly string[]>): string {
  const any = [...parts].map(([field, literals]) => `${field} IN (${literals.join(',')})`).join(' OR ')
  return `SELECT ${select.join(',')} FROM ${object} WHERE ${and === undefined ? any : `${and} AND (${any})`}`
}
