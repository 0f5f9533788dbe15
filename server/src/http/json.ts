/** The JSON parser: refuses what PostgreSQL's text cannot hold, naming the place. */
import type { FastifyInstance } from 'fastify'
import { invalid } from './errors.ts'
import { pathOf } from './validation.ts'

/** Only an escape can bring these into well-formed UTF-8, so most bodies are not walked. */
const SUSPECT = /\\u(0000|d[89a-f])/i
const MAX_DEPTH = 32

export function parseJsonBodies(app: FastifyInstance): void {
  const parse = app.getDefaultJsonParser('error', 'error')
  app.addContentTypeParser('application/json', { parseAs: 'string' }, (request, text, done) => {
    // Many clients name the type of a body that they do not send; where one is needed, its schema misses it.
    if (text === '') return done(null, undefined)
    void parse(request, text as string, (error, data) => {
      if (error) return done(error)
      const at = findUnstorable(data, SUSPECT.test(text as string))
      if (at) return done(invalid({ [at.path || 'body']: at.why }))
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
  const at = findUnstorable(data, SUSPECT.test(text), [path])
  if (at) throw invalid({ [at.path]: at.why })
  return data
}

interface Finding {
  path: string
  why: string
}

function findUnstorable(data: unknown, strings: boolean, root: PropertyKey[] = []): Finding | undefined {
  const open: { value: unknown; path: PropertyKey[] }[] = [{ value: data, path: root }]
  for (let next = open.pop(); next; next = open.pop()) {
    const { value, path } = next
    if (typeof value === 'string') {
      if (strings && !isStorable(value))
        return { path: pathOf(path), why: 'holds a NUL or half a surrogate pair' }
      continue
    }
    if (typeof value !== 'object' || value === null) continue
    if (path.length >= MAX_DEPTH)
      return { path: pathOf(path), why: `is nested deeper than ${MAX_DEPTH} levels` }
    if (Array.isArray(value)) value.forEach((item, i) => void open.push({ value: item, path: [...path, i] }))
    else
      for (const [key, item] of Object.entries(value)) {
        // Copied by assignment it would not be a property of the copy. A body's parser refuses it before.
        if (key === '__proto__') return { path: pathOf(path), why: 'has the key __proto__' }
        if (strings && !isStorable(key)) return { path: pathOf(path), why: 'has a key that cannot be stored' }
        open.push({ value: item, path: [...path, key] })
      }
  }
  return undefined
}

export const isStorable = (text: string): boolean => text.isWellFormed() && !text.includes('\0')
