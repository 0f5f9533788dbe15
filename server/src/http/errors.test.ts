import assert from 'node:assert/strict'
import { test } from 'node:test'
import Fastify from 'fastify'
import pg from 'pg'
import { answerErrors } from './errors.ts'

test('a database that is full is called that, not away', async () => {
  const app = Fastify()
  answerErrors(app)
  for (const code of ['53100', '57P03'])
    app.get(`/${code}`, () => {
      throw Object.assign(new pg.DatabaseError('could not extend file', 0, 'error'), { code })
    })
  const full = await app.inject('/53100')
  assert.deepEqual([full.statusCode, full.json().message], [503, 'the disk of the database is full'])
  assert.equal((await app.inject('/57P03')).json().message, 'the database cannot be reached')
})
