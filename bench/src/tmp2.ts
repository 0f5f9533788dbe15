import { choice, openStage } from './stage.ts'

process.env.NODE_OPTIONS = ''
const stage = await openStage()
const { pool, headers } = stage.pool(64)
let n = 0
const until = Date.now() + 8000
const b = performance.now()
let done = 0
await Promise.all(
  Array.from({ length: 64 }, async () => {
    while (Date.now() < until) {
      const a = await pool.request({
        method: 'POST',
        path: '/v1/consents/events',
        headers,
        body: JSON.stringify(choice(++n % 20000, n)),
      })
      await a.body.dump()
      done++
    }
  }),
)
console.log(done / ((performance.now() - b) / 1000))
await pool.close()
await stage.close()
