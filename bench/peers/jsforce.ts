/**
 * What a careful user of jsforce writes: looks leads up by e-mail address, writes all that it finds, keeps the order of
 * one person's changes, tries busy rows and broken calls again, and reports what failed. It keeps nothing on disk.
 */
import { Connection } from 'jsforce'
import { type Change, chunksOf, eachOf, fieldsOf, lastOf, type Peer, type Task } from './peer.ts'
import { retrying } from './retry.ts'

/** Salesforce lets an org have 25 long requests at a time. */
const PEOPLE_AT_A_TIME = 25
/** Changes that are gathered before they are worked through. */
const BATCH = 2_000
const ROWS_PER_CALL = 200

const connect = ({ url, accessToken }: Task): Connection =>
  new Connection({ instanceUrl: url, accessToken, version: '60.0' })

const quoted = (value: string): string => `'${value.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`

const codeOf = (error: unknown): string =>
  error instanceof Error && 'errorCode' in error ? String(error.errorCode) : ''

/** Busy rows, an org that is away, broken connections (which have no code of Salesforce's). */
const isPassing = (error: unknown): boolean =>
  /^$|UNABLE_TO_LOCK_ROW|SERVER_UNAVAILABLE|REQUEST_RUNNING_TOO_LONG|^E[A-Z]+$|^ERROR_HTTP_5/.test(
    codeOf(error),
  )

async function findLeads(connection: Connection, emails: readonly string[]): Promise<Map<string, string[]>> {
  const { records } = await retrying(isPassing, async () =>
    connection.query<{ Id: string; Email: string }>(
      `SELECT Id, Email FROM Lead WHERE Email IN (${emails.map(quoted).join(',')})`,
    ),
  )
  const found = new Map<string, string[]>()
  for (const { Id, Email } of records) {
    const email = Email.toLowerCase()
    found.set(email, [...(found.get(email) ?? []), Id])
  }
  return found
}

/** A lookup (unless the ids are known) and a write for each change. */
export const oneByOne: Peer = async task => {
  const connection = connect(task)
  const failed = new Set<string>()
  const byPerson = Map.groupBy(task.changes, ({ email }) => email)
  await eachOf(byPerson.values(), PEOPLE_AT_A_TIME, async changes => {
    for (const change of changes)
      try {
        const { email } = change
        const ids = task.leadIds?.[email] ?? (await findLeads(connection, [email])).get(email) ?? []
        if (ids.length === 0) failed.add(email)
        for (const Id of ids)
          await retrying(isPassing, () => connection.sobject('Lead').update({ Id, ...fieldsOf(change) }))
      } catch {
        failed.add(change.email)
      }
  })
  return failed
}

/** By hundreds: the last change of each person of a batch, looked up with IN and written in collections, in turn. */
export const collections: Peer = async task => {
  const connection = connect(task)
  const failed = new Set<string>()
  const known = task.leadIds && new Map(Object.entries(task.leadIds))
  for (const batch of chunksOf(task.changes, BATCH))
    for (const changes of chunksOf(lastOf(batch), ROWS_PER_CALL)) {
      const emails = changes.map(({ email }) => email)
      const found = known ?? (await findLeads(connection, emails).catch(() => new Map<string, string[]>()))
      const rows = changes.flatMap(change => {
        const ids = found.get(change.email) ?? []
        if (ids.length === 0) failed.add(change.email)
        return ids.map(Id => ({ change, Id }))
      })
      for (const collection of chunksOf(rows, ROWS_PER_CALL))
        for (const email of await writeAll(connection, collection)) failed.add(email)
    }
  return failed
}

/** Rows that were busy are sent again, the others are not. Returns whose rows were refused for good. */
async function writeAll(
  connection: Connection,
  rows: readonly { change: Change; Id: string }[],
): Promise<string[]> {
  let left = rows
  const refused: string[] = []
  try {
    await retrying(isPassing, async () => {
      const results = await connection
        .sobject('Lead')
        .update(left.map(({ change, Id }) => ({ Id, ...fieldsOf(change) })))
      const busy: typeof left = left.filter((row, i) => {
        const result = results[i]
        if (result?.success) return false
        // jsforce's types call a row's code errorCode; Salesforce's answer calls it statusCode.
        const codes = (result?.errors ?? []) as unknown as { statusCode?: string }[]
        const isBusy = codes.some(({ statusCode }) => statusCode === 'UNABLE_TO_LOCK_ROW')
        if (!isBusy) refused.push(row.change.email)
        return isBusy
      })
      left = busy
      if (left.length > 0)
        throw Object.assign(new Error('rows are busy'), { errorCode: 'UNABLE_TO_LOCK_ROW' })
    })
  } catch {
    refused.push(...left.map(({ change }) => change.email))
  }
  return refused
}
