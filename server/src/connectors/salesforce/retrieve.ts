/** Reads records by their ids, 2,000 in a call. */
import { z } from 'zod'
import type { Client } from './client.ts'
import { CallError } from './errors.ts'
import { IDS_PER_RETRIEVAL } from './limits.ts'
import { shortId } from './match.ts'

export type Values = Record<string, unknown>

const retrieved = z.array(z.record(z.string(), z.unknown()).nullable())

/** By short id; who is not in it is gone, or hidden from the integration user. */
export async function retrieve(
  client: Client,
  object: string,
  ids: Iterable<string>,
  fields: Iterable<string>,
  signal?: AbortSignal,
): Promise<Map<string, Values>> {
  const values = new Map<string, Values>()
  const all = [...new Set([...ids].map(shortId))]
  const asked = [...new Set(['Id', ...fields])]
  for (let i = 0; i < all.length; i += IDS_PER_RETRIEVAL) {
    const some = all.slice(i, i + IDS_PER_RETRIEVAL)
    const path = `/composite/sobjects/${object}`
    const answer = await client.send(
      'retrieve',
      { method: 'POST', path, body: { ids: some, fields: asked } },
      signal,
    )
    const records = retrieved.safeParse(answer)
    if (!records.success || records.data.length !== some.length)
      throw new CallError('SERVER_ERROR', 'the answer to a retrieval has an unknown shape')
    records.data.forEach((record, j) => {
      if (record) values.set(some[j] as string, record)
    })
  }
  return values
}
