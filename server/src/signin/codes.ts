/**
 * One-time codes: six digits, five minutes, one live code per address. Five tries for whoever knows the address, twenty a
 * day; and five more for who came by the mail that brought the code, so that nobody else can use up theirs.
 */
import { randomInt, timingSafeEqual } from 'node:crypto'
import { sql } from 'kysely'
import { throttle } from '../access/throttle.ts'
import type { Vault } from '../access/vault.ts'
import type { Database, Runner } from '../store/database.ts'

const DIGITS = 6
const LIFETIME_SECONDS = 300
const MAX_TRIES = 5
/** Twenty guesses in a million. */
const perAddressWithoutMail = [{ times: 20, seconds: 86_400 }]

interface Whose {
  organizationId: string
  address: string
}

/** A code that was out for the address is worth nothing any more. */
export async function makeCode(runner: Runner, vault: Vault, whose: Whose): Promise<string> {
  const code = String(randomInt(10 ** DIGITS)).padStart(DIGITS, '0')
  await sql`
    insert into sign_in_codes (organization_id, address, code, expires_at)
    values (${whose.organizationId}, ${addressHash(vault, whose)}, ${codeHash(vault, whose, code)},
      now() + ${LIFETIME_SECONDS} * interval '1 second')
    on conflict (organization_id, address)
    do update set code = excluded.code, tries = 0, mailed_tries = 0, expires_at = excluded.expires_at`.execute(
    runner,
  )
  return code
}

export interface Try {
  code: string
  /** Whoever enters it came by the mail that brought it. */
  isMailed: boolean
}

/**
 * True once: each try is counted by the row before it is looked at, so that tries at one time count each.
 * @throws too_many_requests for who did not come by the mail, where the address has had too many of them today
 */
export async function redeemCode(
  db: Database,
  vault: Vault,
  whose: Whose,
  { code, isMailed }: Try,
): Promise<boolean> {
  const given = codeHash(vault, whose, code)
  const address = addressHash(vault, whose)
  const tries = isMailed ? sql`mailed_tries` : sql`tries`
  const { rows } = await sql<{ code: Buffer }>`
    update sign_in_codes set ${tries} = ${tries} + 1
    where organization_id = ${whose.organizationId} and address = ${address} and ${tries} < ${MAX_TRIES}
      and expires_at > now()
    returning code`.execute(db)
  if (rows.length > 0 && !isMailed)
    await throttle(db, vault, whose.organizationId, `codes of ${whose.address}`, perAddressWithoutMail)
  const wanted = rows[0]?.code
  if (!wanted || !timingSafeEqual(wanted, given)) return false
  const { numAffectedRows } = await sql`
    delete from sign_in_codes
    where organization_id = ${whose.organizationId} and address = ${address} and code = ${given}`.execute(db)
  return numAffectedRows === 1n
}

const addressHash = (vault: Vault, { organizationId, address }: Whose): Buffer =>
  vault.hashSecret(`sign-in address\n${organizationId}\n${address}`)
const codeHash = (vault: Vault, { organizationId, address }: Whose, code: string): Buffer =>
  vault.hashSecret(`sign-in code\n${organizationId}\n${address}\n${code}`)

export const removeOldCodes = (runner: Runner) =>
  sql`delete from sign_in_codes where expires_at < now()`.execute(runner)
