/** Deletes those of a person's events that a request describes, by any property of theirs. */
import { z } from 'zod'
import { flag, organizationId } from '../access/shapes.ts'
import type { Vault } from '../access/vault.ts'
import { invalid, Refusal } from '../http/errors.ts'
import { isObject } from '../http/objects.ts'
import type { App } from '../http/server.ts'
import { regulation } from '../library/regulations.ts'
import { readEventsOf, recordedEventOf } from '../record/log.ts'
import { findPerson } from '../record/people.ts'
import { deleteEvent } from '../record/revise.ts'
import type { Database } from '../store/database.ts'
import { eventOutputOf } from './intake.ts'
import { eventStatus } from './schema.ts'

interface DeleteGround {
  db: Database
  vault: Vault
  /** After a change that may have made something due. */
  onOwed(): void
}

const PAGE_SIZE = 100
const MAX_DELETED = 1000

const querystring = z.looseObject({
  organization_id: organizationId,
  user_id: z.string().optional().describe('Whose events; either this or organization_user_id'),
  organization_user_id: z.string().optional(),
  $disable_integrations: flag.default(false).describe('Delete without delivering'),
})

export function deleteEventsRoute(app: App, { db, vault, onOwed }: DeleteGround): void {
  app.delete(
    '/consents/events',
    {
      schema: {
        tags: ['consents/events'],
        summary: `A person’s events that fit: any property, nested ones by dots (\`metadata.source=web\`), up to ${MAX_DELETED}`,
        querystring,
      },
    },
    async ({ caller, query }, reply) => {
      const { organization_id: _, user_id, organization_user_id, $disable_integrations, ...filters } = query
      const { organizationId } = caller
      const fits = filterOf(filters)
      if (organization_user_id === undefined && user_id === undefined)
        throw invalid({ organization_user_id: 'either this or user_id must be given' })
      const person = await findPerson(
        db,
        organizationId,
        organization_user_id === undefined
          ? { id: user_id as string }
          : { organizationUserId: organization_user_id },
      )
      const ids = person ? await idsOf(organizationId, person.id, fits) : []
      // The oldest first: taking back what was accepted must not go before the acceptance, which would stand meanwhile.
      for (const id of ids.reverse())
        await deleteEvent(db, {
          ...caller,
          id,
          digest: vault.digest(''),
          delivers: !$disable_integrations,
        }).catch(error => {
          if (!(error instanceof Refusal) || error.kind !== 'not_found') throw error
        })
      if (ids.length > 0) onOwed()
      return reply.status(204).send()
    },
  )

  /** The newest first. */
  async function idsOf(organizationId: string, personId: string, fits: Fits): Promise<string[]> {
    const all = { organizationId, personId, statuses: eventStatus.options, regulations: regulation.options }
    const ids: string[] = []
    for (let skip = 0; ; skip += PAGE_SIZE) {
      const { rows } = await readEventsOf(db, { ...all, limit: PAGE_SIZE, skip })
      for (const event of rows.map(recordedEventOf)) if (fits(eventOutputOf(event))) ids.push(event.id)
      if (ids.length > MAX_DELETED) throw invalid({ filters: `fit more than ${MAX_DELETED} events` })
      if (rows.length < PAGE_SIZE) return ids
    }
  }
}

type Fits = (event: object) => boolean

function filterOf(filters: Record<string, unknown>): Fits {
  const wanted = Object.entries(filters).map(([path, given]) => {
    const values = typeof given === 'string' ? [given] : isObject(given) ? given.$in : given
    if (path.startsWith('$') || ![values].flat().every(value => typeof value === 'string'))
      throw invalid({ [path]: 'takes a value, or values by [$in]' })
    return { steps: path.split('.'), values: new Set([values].flat()) }
  })
  if (wanted.length === 0)
    throw invalid({ filters: 'say by at least one property which events, such as status=pending_approval' })
  return event =>
    wanted.every(({ steps, values }) => valuesAt(event, steps).some(value => values.has(String(value))))
}

/** Of a list, what any of its items has there. */
function valuesAt(at: unknown, steps: readonly string[]): unknown[] {
  if (Array.isArray(at)) return at.flatMap(item => valuesAt(item, steps))
  const [step, ...rest] = steps
  if (step === undefined) return [at]
  return isObject(at) && Object.hasOwn(at, step) ? valuesAt(at[step], rest) : []
}
