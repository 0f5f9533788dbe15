/** The JSON parser: refuses what PostgreSQL's text cannot hold, naming the place. */
import type { FastifyInstance } from 'fastify'
import { invalid } from './errors.ts'
import { pathOf } from './validation.ts'

/** Only an escape can bring these into well-formed UTF-8, so most bodies are not walked. */
const SUSPECT = /\\u(0000|d[89a-f])/i
const MAX_DEPTH = 32
/** A hundred events with all vendors that there are hold 200,000. What holds millions keeps its reader busy for seconds. */
const MAX_VALUES = 300_000

export function parseJsonBodies(app: FastifyInstance): void {
  const parse = app.getDefaultJsonParser('error', 'error')
  app.addContentTypeParser('application/json', { parseAs: 'string' }, (request, text, done) => {
    // Many clients name the type of a body that they do not send; where one is needed, its schema misses it.
    if (text === '') return done(null, undefined)
    void parse(request, text as string, (error, data) => {
      if (error) return done(error)
      const at = findUnstorable(data, SUSPECT.test(text as string))
      if (at) return done(invalid({ [pathOf(at.path) || 'body']: at.why }))
      return done(null, data)
    })
  })
}

/** JSON that stands as a text within a request: held to what a body is held to. */
export function readJson(text: string, path: string): unknown {
  let data: unknown
  try {
    data = JSON.parse(text)
  } catch {
    throw invalid({ [path]: 'is not JSON' })
  }
  const at = findUnstorable(data, SUSPECT.test(text))
  if (at) throw invalid({ [pathOf([path, ...at.path])]: at.why })
  return data
}

interface Finding {
  path: PropertyKey[]
  why: string
}

/** Nothing is made for what is in order: a body can hold millions of values. */
function findUnstorable(data: unknown, strings: boolean): Finding | undefined {
  let values = 0
  const find = (value: unknown, depth: number): Finding | undefined => {
    if (++values > MAX_VALUES) return { path: [], why: `holds more than ${MAX_VALUES} values` }
    if (typeof value === 'string')
      return strings && !isStorable(value)
        ? { path: [], why: 'holds a NUL or half a surrogate pair' }
        : undefined
    if (typeof value !== 'object' || value === null) return undefined
    if (depth >= MAX_DEPTH) return { path: [], why: `is nested deeper than ${MAX_DEPTH} levels` }
    const isList = Array.isArray(value)
    for (const key of isList ? value.keys() : Object.keys(value)) {
      // Copied by assignment it would not be a property of the copy. A body's parser refuses it before.
      if (key === '__proto__') return { path: [], why: 'has the key __proto__' }
      if (strings && !isList && !isStorable(String(key)))
        return { path: [], why: 'has a key that cannot be stored' }
      const found = find((value as Record<PropertyKey, unknown>)[key], depth + 1)
      if (found) return { ...found, path: values > MAX_VALUES ? [] : [key, ...found.path] }
    }
    return undefined
  }
  return find(data, 0)
}

export const isStorable = (text: string): boolean => text.isWellFormed() && !text.includes('\0')
