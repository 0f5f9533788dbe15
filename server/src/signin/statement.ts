/** What an event says, in the words that its person was shown, else in those of the library. */
import { sql } from 'kysely'
import { chooseLanguage } from '../http/languages.ts'
import { fill, type Texts } from '../http/texts.ts'
import type { EventBody } from '../record/event.ts'
import type { Consents } from '../resolve/event.ts'
import type { Runner } from '../store/database.ts'
import { textsIn } from './texts.ts'

export interface Statement {
  says: 'yes' | 'no'
  name: string
}

/** By `purpose {id}`, `preference {id}` and `value {preference id} {id}`. */
type Names = ReadonlyMap<string, Texts>

/** Preference centres stand to the left of this room: it is told in which words one of them has named things. */
export interface WordingGround {
  /** Undefined: what was shown is not known any more. */
  namesShown?(organizationId: string, shown: NonNullable<EventBody['shown']>): Promise<Names | undefined>
}

/** Only refusals, and at least one: what may be done without asking again. */
export function isUnsubscribe(consents: Consents | undefined): boolean {
  const said = [
    ...(consents?.purposes ?? []).flatMap(({ enabled, enabled_li, values }) => [
      enabled,
      enabled_li,
      ...Object.values(values ?? {}).map(({ value }) => value !== ''),
    ]),
    ...(consents?.channels ?? []).map(({ enabled }) => enabled),
    ...((consents?.vendors?.enabled?.length ?? 0) > 0 ? [true] : []),
    ...((consents?.vendors?.enabled_li?.length ?? 0) > 0 ? [true] : []),
  ]
  return said.includes(false) && !said.includes(true)
}

/** Whether all that is refused is still refused. */
export function stands(refused: Consents | undefined, now: Consents): boolean {
  const purposes = new Map(now.purposes?.map(purpose => [purpose.id, purpose]))
  const channels = new Map(now.channels?.map(channel => [channel.id, channel]))
  return (
    (refused?.purposes ?? []).every(({ id, enabled, enabled_li, values }) => {
      const purpose = purposes.get(id)
      return (
        (enabled !== false || purpose?.enabled === false) &&
        (enabled_li !== false || purpose?.enabled_li === false) &&
        Object.keys(values ?? {}).every(preferenceId => !purpose?.values?.[preferenceId]?.value)
      )
    }) &&
    (refused?.channels ?? []).every(
      ({ id, enabled }) => enabled !== false || channels.get(id)?.enabled === false,
    )
  )
}

export async function statementsOf(
  runner: Runner,
  { namesShown }: WordingGround,
  { organizationId, body, language }: { organizationId: string; body: Partial<EventBody>; language: string },
): Promise<Statement[]> {
  const { say } = textsIn(language)
  const { consents, shown } = body
  const purposes = consents?.purposes ?? []
  const own = shown && (await namesShown?.(organizationId, shown))
  const texts = new Map([...(await namesOf(runner, organizationId, consents)), ...(own ?? [])])
  const names = new Map([...texts].flatMap(([key, one]) => nameIn(key, one, language)))
  return [
    ...purposes.flatMap(({ id, enabled, enabled_li, values }): Statement[] => {
      const purpose = names.get(`purpose ${id}`) ?? id
      const choices = Object.entries(values ?? {}).map(([preferenceId, { value }]): Statement => {
        const chosen = value.split(',').filter(valueId => valueId !== '')
        const said = chosen.map(valueId => names.get(`value ${preferenceId} ${valueId}`) ?? valueId)
        const preference = names.get(`preference ${preferenceId}`) ?? preferenceId
        const asked = `${purpose} – ${preference}`
        if (said.length === 0) return { says: 'no', name: asked }
        return { says: 'yes', name: fill(say.answer, { name: asked, values: said.join(say.listed) }) }
      })
      return [...saidOf(enabled ?? enabled_li, purpose), ...choices]
    }),
    ...(consents?.channels ?? []).flatMap(({ id, enabled }) => saidOf(enabled, id)),
  ]
}

const saidOf = (enabled: boolean | null | undefined, name: string): Statement[] =>
  typeof enabled === 'boolean' ? [{ says: enabled ? 'yes' : 'no', name }] : []

/** Names of what has left the library too: an event may still speak of it. */
export async function namesOf(
  runner: Runner,
  organizationId: string,
  consents: Consents | undefined,
): Promise<Names> {
  const purposeIds = (consents?.purposes ?? []).map(({ id }) => id)
  const preferenceIds = (consents?.purposes ?? []).flatMap(({ values }) => Object.keys(values ?? {}))
  if (purposeIds.length === 0) return new Map()
  const { rows } = await sql<{ key: string; names: Texts | null }>`
    select 'purpose ' || id as key, content -> 'description' as names
    from purposes where organization_id = ${organizationId} and id = any (${purposeIds})
    union all
    select 'preference ' || id, name
    from preferences where organization_id = ${organizationId} and id = any (${preferenceIds})
    union all
    select 'value ' || preference_id || ' ' || id, name
    from preference_values where organization_id = ${organizationId} and preference_id = any (${preferenceIds})`.execute(
    runner,
  )
  return new Map(rows.map(({ key, names }) => [key, names ?? {}]))
}

function nameIn(key: string, names: Texts, language: string): [string, string][] {
  const available = Object.keys(names)
  const fallback = available.includes('en') ? 'en' : (available[0] ?? '')
  const name = names[chooseLanguage({ asked: language, available, fallback })]
  return name ? [[key, name]] : []
}
