/** The house is one way through: a room imports only rooms to its right, or the ground it stands on. */
import assert from 'node:assert/strict'
import { globSync, readFileSync } from 'node:fs'
import { dirname, join, relative, sep } from 'node:path'
import { test } from 'node:test'

const src = join(import.meta.dirname, '../src')
const rooms = ['centre', 'widgets', 'signin', 'collect', 'record', 'deliver', 'resolve', 'connectors']
const ground = ['library', 'access', 'store', 'http', 'observe', 'mail']
const files = globSync('**/*.ts', { cwd: src }).filter(file => !file.endsWith('.test.ts'))

interface Import {
  from: string
  to: string
  typeOnly: boolean
}

const imports = files.flatMap(file => {
  const text = readFileSync(join(src, file), 'utf8')
  return [...text.matchAll(/^(?:import|export)\s+(type\s)?[^'"]*?from '(\.[^']+)'/gms)].map(
    (match): Import => ({
      from: file,
      to: relative(src, join(src, dirname(file), match[2] as string)),
      typeOnly: match[1] !== undefined,
    }),
  )
})
const roomOf = (file: string): string => file.split(sep)[0] as string

function forbidden(test: (one: Import) => boolean): string[] {
  return imports.filter(test).map(({ from, to }) => `${from} -> ${to}`)
}

test('a room imports only itself, rooms to its right and the ground', () => {
  assert.ok(imports.length > 100)
  assert.deepEqual(
    forbidden(({ from, to }) => {
      const [here, there] = [rooms.indexOf(roomOf(from)), rooms.indexOf(roomOf(to))]
      return here >= 0 && there >= 0 && there < here
    }),
    [],
  )
})

test('the ground imports no room', () => {
  assert.deepEqual(
    forbidden(({ from, to }) => ground.includes(roomOf(from)) && rooms.includes(roomOf(to))),
    [],
  )
})

test('resolve does no I/O: it imports types and pure functions alone', () => {
  assert.deepEqual(
    forbidden(
      ({ from, to, typeOnly }) => roomOf(from) === 'resolve' && roomOf(to) !== 'resolve' && !typeOnly,
    ),
    [],
  )
  for (const file of files.filter(file => roomOf(file) === 'resolve'))
    assert.doesNotMatch(readFileSync(join(src, file), 'utf8'), /from '(node:|kysely|pg|undici)/, file)
})

test('no connector knows of Heed beyond the contract, and nothing outside the connectors knows of one of them', () => {
  const isContract = (file: string) => ['contract.ts', 'registry.ts'].includes(file.split(sep)[1] as string)
  assert.deepEqual(
    forbidden(({ from, to }) => {
      const [, folder] = from.split(sep)
      const isInside = roomOf(from) === 'connectors' && !isContract(from)
      return isInside && !isContract(to) && to.split(sep)[1] !== folder
    }),
    [],
  )
  assert.deepEqual(
    forbidden(
      ({ from, to }) => roomOf(from) !== 'connectors' && roomOf(to) === 'connectors' && !isContract(to),
    ),
    [],
  )
})
