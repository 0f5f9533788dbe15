/** Files that prove a choice: kept beside the log, named by it, and gone with the person. */
import { sql } from 'kysely'
import type { Runner } from '../store/database.ts'

export interface NewProof {
  id: string
  mediaType: string
  content: Buffer
}

/** Whose it is the first event says that names it. */
const NOBODY = ''
const AT_A_TIME = 100

export async function uploadProof(
  runner: Runner,
  organizationId: string,
  { id, mediaType, content }: NewProof,
): Promise<void> {
  await sql`
    insert into proofs (organization_id, person_id, id, media_type, content)
    values (${organizationId}, ${NOBODY}, ${id}, ${mediaType}, ${content})`.execute(runner)
}

export async function findProof(
  runner: Runner,
  organizationId: string,
  id: string,
): Promise<NewProof | undefined> {
  const { rows } = await sql<NewProof>`
    select id, media_type as "mediaType", content from proofs
    where organization_id = ${organizationId} and id = ${id}`.execute(runner)
  return rows[0]
}

/**
 * @param proofs that came with the event
 * @param named ids that the event names, theirs among them
 */
export async function saveProofs(
  trx: Runner,
  event: { organizationId: string; personId: string; id: string },
  proofs: readonly NewProof[],
  named: readonly string[] = [],
): Promise<void> {
  if (proofs.length > 0) {
    const rows = proofs.map(({ id, mediaType, content }) => ({
      organization_id: event.organizationId,
      person_id: event.personId,
      id,
      event_id: event.id,
      media_type: mediaType,
      content,
    }))
    await trx.insertInto('proofs').values(rows).execute()
  }
  if (named.length > proofs.length)
    await sql`
      update proofs set person_id = ${event.personId}, event_id = ${event.id}
      where organization_id = ${event.organizationId} and id = any (${named}) and person_id = ${NOBODY}`.execute(
      trx,
    )
}

/** In small batches, since a file may be large, by as many nodes as like. */
export async function removeUnnamedProofs(runner: Runner, days: number): Promise<void> {
  for (;;) {
    const { numAffectedRows = 0n } = await sql`
      delete from proofs
      where person_id = ${NOBODY} and (organization_id, id) in (
        select organization_id, id from proofs
        where person_id = ${NOBODY} and created_at < now() - ${days} * interval '1 day'
        order by created_at
        limit ${AT_A_TIME}
        for update skip locked)`.execute(runner)
    if (numAffectedRows < AT_A_TIME) return
  }
}
