/**
 * The floor: a program that knows everything beforehand, which records there are and what each ends with, and only
 * writes: Composite calls of 5 x 200 rows, some at a time. It keeps nothing and tries nothing again.
 */
import { chunksOf, eachOf, fieldsOf, lastOf, type Peer } from './peer.ts'

const API = '/services/data/v60.0'
const CALLS_AT_A_TIME = 4

interface Row {
  success: boolean
}

export const floor: Peer = async ({ url, accessToken, changes, liveIds }) => {
  const writes = lastOf(changes).flatMap(change =>
    (liveIds[change.email] ?? []).map(id => ({
      email: change.email,
      row: {
        attributes: { type: id.startsWith('003') ? 'Contact' : 'Lead' },
        id,
        ...fieldsOf(change),
      },
    })),
  )
  // A collection takes ten changes of type at most.
  writes.sort((a, b) => (a.row.attributes.type < b.row.attributes.type ? -1 : 1))
  const failed: string[] = []
  await eachOf(chunksOf(writes, 1000), CALLS_AT_A_TIME, async call => {
    const collections = [...chunksOf(call, 200)]
    const compositeRequest = collections.map((collection, i) => ({
      method: 'PATCH',
      url: `${API}/composite/sobjects`,
      referenceId: `c${i}`,
      body: { allOrNone: false, records: collection.map(({ row }) => row) },
    }))
    const answer = await fetch(`${url}${API}/composite`, {
      method: 'POST',
      headers: { authorization: `Bearer ${accessToken}`, 'content-type': 'application/json' },
      body: JSON.stringify({ allOrNone: false, compositeRequest }),
    }).catch(() => undefined)
    const parts = answer?.ok
      ? ((await answer.json()) as { compositeResponse: { body: Row[] }[] }).compositeResponse
      : []
    collections.forEach((collection, i) => {
      collection.forEach(({ email }, j) => {
        if (!parts[i]?.body[j]?.success) failed.push(email)
      })
    })
  })
  return failed
}
