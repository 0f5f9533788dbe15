/** Files that prove a choice: kept beside the log, named by it, and gone with the person. */
import type { Runner } from '../store/database.ts'

export interface NewProof {
  id: string
  mediaType: string
  content: Buffer
}

export async function saveProofs(
  trx: Runner,
  event: { organizationId: string; personId: string; id: string },
  proofs: readonly NewProof[],
): Promise<void> {
  if (proofs.length === 0) return
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
