/** What a round may do besides writing: claims of creations, and the marks of bulk jobs, under the round's lease. */
import type { Passage } from '../connectors/contract.ts'
import type { Database } from '../store/database.ts'
import { claimCreations, releaseCreations } from './creations.ts'
import type { IntegrationRow } from './integration.ts'
import { beginJob, endJob } from './jobs.ts'

export interface PassageGround {
  db: Database
  integration: IntegrationRow
  lease: string
  signal: AbortSignal
  /** Set: the people are a backlog. */
  onBulkProgress?: ((done: number) => void) | undefined
}

export const passageOf = ({ db, integration, lease, signal, onBulkProgress }: PassageGround): Passage => ({
  signal,
  claimCreations: keys => claimCreations(db, integration, lease, keys),
  releaseCreations: keys => releaseCreations(db, integration, lease, keys),
  ...(onBulkProgress
    ? {
        bulk: {
          began: job => beginJob(db, integration, lease, job),
          ended: job => endJob(db, integration, job),
          progress: onBulkProgress,
        },
      }
    : {}),
})
