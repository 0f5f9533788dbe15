/** A form of the page: what was changed in it becomes events, and the answer leads back to the page with a receipt. */
import { Refusal } from '../http/errors.ts'
import { readTree } from '../library/plant.ts'
import type { PurposeChoice } from '../resolve/event.ts'
import { type Registers, registerParts, registerPath } from '../resolve/status.ts'
import type { Database } from '../store/database.ts'
import { readPublished } from '../widgets/deployments.ts'
import { AS_SHOWN, changesIn } from './form.ts'
import { changesLanguage } from './language.ts'
import { mailCopy, savedOf } from './receipt.ts'
import { type SaveGround, save } from './save.ts'
import { viewOf } from './view.ts'
import { type Guest, registersOf, type Visit } from './visit.ts'

/** @returns the address to go on to */
export async function submit(
  ground: SaveGround & { publicUrl(): string },
  visit: Visit,
  { grant, person }: Guest,
  form: URLSearchParams,
): Promise<string> {
  if (!grant.permissions.includes('write'))
    throw new Refusal('forbidden', 'the token does not allow to write')
  const { organizationId, widgetId, language, path } = visit
  const seen = await asSeen(ground.db, visit, form)
  const isEverything = form.get('action') === 'unsubscribe_all'
  const changes = isEverything
    ? await everythingOff(ground.db, organizationId, registersOf(person))
    : changesIn(form, viewOf(seen.snapshot, registersOf(person)))
  const shown = { widget_id: widgetId, version: seen.version, language: seen.language }
  const { recorded, isCutShort } = await save(ground, grant, changes, shown)
  const wantsCopy = form.get('copy') === 'yes'
  // Asked for once more after saving, or only then.
  const isReceipt = wantsCopy && !isEverything && recorded.length === 0
  const saved = isReceipt ? await savedOf(ground.db, organizationId, person, form.getAll('saved')) : recorded
  const copy = wantsCopy ? await mailCopy(ground, seen, grant, saved) : undefined
  // Who has just chosen another language reads on in it.
  const query = new URLSearchParams(changesLanguage(seen.snapshot, changes) ? {} : { lang: language })
  for (const { id } of saved) query.append('saved', id)
  if (copy) query.set('copy', copy)
  if (isCutShort) query.set('cut_short', '')
  if (saved.length === 0) query.set('unchanged', isEverything ? 'all' : '')
  return `${path}?${query}`
}

/** What a form holds that is not saved. */
export async function unsavedIn(
  db: Database,
  visit: Visit,
  { person }: Guest,
  form: URLSearchParams,
): Promise<PurposeChoice[]> {
  const { snapshot } = await asSeen(db, visit, form)
  return changesIn(form, viewOf(snapshot, registersOf(person)))
}

/** What the form showed, also where another version has been published since. */
async function asSeen(db: Database, visit: Visit, form: URLSearchParams): Promise<Visit> {
  const [, version, language] = /^(\d{1,9}) (.+)$/.exec(form.get(AS_SHOWN) ?? '') ?? []
  if (version === undefined || language === undefined) return visit
  const published = await readPublished(db, visit.organizationId, visit.widgetId, Number(version))
  return published?.snapshot.languages.includes(language) ? { ...visit, ...published, language } : visit
}

/** Every purpose of the tree, shown here or not, that the person has not refused, and what they accepted before it left the tree. */
async function everythingOff(
  db: Database,
  organizationId: string,
  registers: Registers,
): Promise<PurposeChoice[]> {
  const tree = await readTree(db, organizationId)
  const standing = (id: string) => registers[registerPath('purposes', id, 'enabled')]?.[0]
  const planted = (tree?.selected_purposes ?? []).map(({ purpose_id }) => purpose_id)
  const stated = Object.keys(registers)
    .map(registerParts)
    .flatMap(([kind, id]) => (kind === 'purposes' && id !== undefined && standing(id) === true ? [id] : []))
  return [...new Set([...planted, ...stated])]
    .filter(id => standing(id) !== false)
    .map(id => ({ id, enabled: false }))
}
