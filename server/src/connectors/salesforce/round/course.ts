/** What a round has at hand, and what it keeps on its way. */
import type { Ground, Passage } from '../../contract.ts'
import type { CreationClaims } from '../claims.ts'
import type { Knowledge } from '../knowledge.ts'
import type { Case } from '../outcome.ts'
import type { Readings } from '../plan.ts'
import type { Standing } from '../standing.ts'

export interface Round {
  standing: Standing
  knowledge: Knowledge
  passage: Passage
  rivals: Ground['rivals']
  bulkPatience: { fewestRows: number; firstPollMs: number; againMs: number }
  lockPausesMs: readonly number[]
  /** No call is begun after this. */
  deadlineMs: number
}

export interface Course extends Round {
  readings: Readings
  claims: CreationClaims
  /** People whose records are remembered. */
  remembered: number
  /** Those of them of whose records none is seen, nor known to have been deleted. */
  vanished: Set<Case>
}
