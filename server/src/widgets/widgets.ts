/** Widgets in the database, as they are edited. */
import { sql } from 'kysely'
import { newShortId } from '../access/ids.ts'
import { invalid, notFound, Refusal } from '../http/errors.ts'
import { readTree } from '../library/plant.ts'
import { walk } from '../library/tree.ts'
import { type Database, inTransaction, type Runner } from '../store/database.ts'
import { componentsOf, type StoredComponent } from './components.ts'
import { contrastFaultsOf, faultsOf, lookOf } from './look.ts'
import type {
  ComponentOutput,
  ComponentPatch,
  WidgetContent,
  WidgetInput,
  WidgetOutput,
  WidgetPatch,
} from './schema.ts'
import { colorsOf } from './themes.ts'

const ID_LENGTH = 8

export interface WidgetRow {
  organization_id: string
  id: string
  content: WidgetContent
  components: Record<string, StoredComponent>
  /** By element id. */
  entities: Record<string, { enabled?: boolean; order?: number }>
  version: number
  published_version: number | null
  archived: boolean
  created_at: Date
  updated_at: Date
}

export async function listWidgets(db: Runner, organizationId: string): Promise<WidgetRow[]> {
  const { rows } = await sql<WidgetRow>`
    select * from widgets where organization_id = ${organizationId} order by created_at, id`.execute(db)
  return rows
}

export async function findWidget(
  db: Runner,
  organizationId: string,
  id: string,
  { locks = false } = {},
): Promise<WidgetRow> {
  const { rows } = await sql<WidgetRow>`
    select * from widgets where organization_id = ${organizationId} and id = ${id}
    ${locks ? sql`for update` : sql``}`.execute(db)
  if (!rows[0]) throw notFound('widget')
  return rows[0]
}

export async function createWidget(
  db: Database,
  organizationId: string,
  input: WidgetInput,
): Promise<WidgetRow> {
  const id = input.id ?? newShortId(ID_LENGTH)
  const content = contentOf(input)
  await refuseUnknown(db, organizationId, content)
  const { rows } = await sql<WidgetRow>`
    insert into widgets (organization_id, id, content, components)
    values (${organizationId}, ${id}, ${JSON.stringify(content)}, ${JSON.stringify(componentsOf(content.template_id))})
    on conflict do nothing
    returning *`.execute(db)
  const widget = rows[0] ?? (await sameWidget(db, organizationId, id, content))
  if (!widget)
    throw new Refusal('conflict', 'the widget exists already', { id: 'is the id of another widget' })
  return widget
}

/** Who repeats a request, since its answer was lost, gets that answer. */
async function sameWidget(
  db: Runner,
  organizationId: string,
  id: string,
  content: WidgetContent,
): Promise<WidgetRow | undefined> {
  const { rows } = await sql<WidgetRow>`
    select * from widgets
    where organization_id = ${organizationId} and id = ${id} and not archived and content = ${JSON.stringify(content)}::jsonb`.execute(
    db,
  )
  return rows[0]
}

export function changeWidget(
  db: Database,
  organizationId: string,
  id: string,
  { archived, ...patch }: WidgetPatch,
): Promise<WidgetRow> {
  return edit(db, organizationId, id, async (widget, trx) => {
    const given: Partial<WidgetContent> = Object.fromEntries(
      Object.entries(contentOf(patch)).filter(([, value]) => value !== undefined),
    )
    const content: WidgetContent = { ...widget.content, ...given }
    if (!content.enabled_languages.includes(content.default_language))
      throw invalid({ default_language: 'must be among enabled_languages' })
    await refuseUnknown(trx, organizationId, given)
    const isOther = content.template_id !== widget.content.template_id
    const components = isOther
      ? {
          ...componentsOf(content.template_id, templateOf(widget.components)),
          ...elementsOf(widget.components),
        }
      : widget.components
    return { ...widget, content, components, archived: archived ?? widget.archived }
  })
}

/** @param id of a part of the template, or of an element of the tree: its texts in this widget */
export async function changeComponents(
  db: Database,
  organizationId: string,
  widgetId: string,
  patches: readonly (ComponentPatch & { id: string })[],
): Promise<ComponentOutput[]> {
  const widget = await edit(db, organizationId, widgetId, async (widget, trx) => {
    const elements = await elementKinds(trx, organizationId)
    const components = { ...widget.components }
    for (const { id, type, options, theme } of patches) {
      const kind = elements.get(id)
      const known = components[id] ?? (kind && { type: kind, options: {}, theme: {}, isElement: true })
      if (!known) throw notFound(`layout component ${id}`)
      if (type !== undefined && type !== known.type) throw invalid({ type: `is ${known.type}, and stays so` })
      const changed = { ...known, options: options ?? known.options, theme: theme ?? known.theme }
      const path = patches.length > 1 ? `${id}.` : ''
      // What an older Heed took without a look at it stays, until it is sent again.
      refuse(faultsOf({ ...changed, options: options ?? {}, theme: theme ?? {} }), path)
      components[id] = changed
    }
    refuse(contrastFaultsOf(lookOf(components), await colorsOf(trx, organizationId, widget.content.theme_id)))
    return { ...widget, components }
  })
  return componentOutputs(widget).filter(({ id }) => patches.some(patch => patch.id === id))
}

function refuse(faults: Record<string, string>, prefix = ''): void {
  const errors = Object.fromEntries(Object.entries(faults).map(([path, why]) => [prefix + path, why]))
  if (Object.keys(errors).length > 0) throw invalid(errors)
}

export async function changeEntities(
  db: Database,
  organizationId: string,
  widgetId: string,
  patches: readonly { id: string; enabled?: boolean | undefined; order?: number | undefined }[],
): Promise<WidgetRow> {
  return edit(db, organizationId, widgetId, async (widget, trx) => {
    const elements = await elementKinds(trx, organizationId)
    const entities = { ...widget.entities }
    for (const { id, enabled, order } of patches) {
      if (!elements.has(id)) throw notFound(`layout entity ${id}`)
      entities[id] = {
        ...entities[id],
        ...(enabled === undefined ? {} : { enabled }),
        ...(order === undefined ? {} : { order }),
      }
    }
    return { ...widget, entities }
  })
}

function edit(
  db: Database,
  organizationId: string,
  id: string,
  change: (widget: WidgetRow, trx: Runner) => Promise<WidgetRow>,
): Promise<WidgetRow> {
  return inTransaction(db, async trx => {
    const changed = await change(await findWidget(trx, organizationId, id, { locks: true }), trx)
    const { rows } = await sql<WidgetRow>`
      update widgets
      set content = ${JSON.stringify(changed.content)}, components = ${JSON.stringify(changed.components)},
        entities = ${JSON.stringify(changed.entities)}, archived = ${changed.archived},
        version = version + 1, updated_at = now()
      where organization_id = ${organizationId} and id = ${id}
      returning *`.execute(trx)
    return rows[0] as WidgetRow
  })
}

const contentOf = ({
  name,
  format,
  headless,
  template_id,
  layout_shape,
  theme_id,
  selected_purposes_ids,
  selected_preferences_ids,
  enabled_languages,
  default_language,
  auth,
  double_opt_in,
}: WidgetContent | WidgetPatch) =>
  ({
    ...{ name, format, headless, template_id, layout_shape, theme_id, selected_purposes_ids },
    ...{ selected_preferences_ids, enabled_languages, default_language, auth, double_opt_in },
  }) as WidgetContent

const partOf = (components: WidgetRow['components'], isElement: boolean): WidgetRow['components'] =>
  Object.fromEntries(Object.entries(components).filter(([, one]) => (one.isElement ?? false) === isElement))
const templateOf = (components: WidgetRow['components']) => partOf(components, false)
/** Kept whatever the template. */
const elementsOf = (components: WidgetRow['components']) => partOf(components, true)

async function elementKinds(
  trx: Runner,
  organizationId: string,
): Promise<Map<string, ComponentOutput['type']>> {
  const tree = await readTree(trx, organizationId)
  const types = { purpose: 'section', preference: 'preference', value: 'preference_value' } as const
  return new Map(
    Array.from(walk(tree?.selected_purposes ?? []), ({ elementId, kind }) => [elementId, types[kind]]),
  )
}

/** What is sent: what was selected before may have left the tree since, and must not keep anybody from archiving the widget. */
async function refuseUnknown(
  db: Runner,
  organizationId: string,
  content: Partial<WidgetContent>,
): Promise<void> {
  if (content.theme_id !== undefined) await colorsOf(db, organizationId, content.theme_id)
  const tree = await readTree(db, organizationId)
  const known = new Map<string, string>()
  for (const { kind, elementId, purposeId, preferenceId } of walk(tree?.selected_purposes ?? [])) {
    known.set(elementId, kind)
    if (kind === 'purpose') known.set(purposeId, kind)
    if (kind === 'preference') known.set(preferenceId as string, kind)
  }
  const errors: Record<string, string> = {}
  for (const [field, kind] of [
    ['selected_purposes_ids', 'purpose'],
    ['selected_preferences_ids', 'preference'],
  ] as const)
    content[field]?.forEach((id, i) => {
      if (known.get(id) !== kind) errors[`${field}[${i}]`] = `is no ${kind} of the configuration tree`
    })
  if (Object.keys(errors).length > 0) throw invalid(errors)
}

const componentOutputs = ({ id: widget_id, organization_id, components }: WidgetRow): ComponentOutput[] =>
  Object.entries(components)
    .map(([id, { type, options, theme }]) => ({ id, type, widget_id, organization_id, options, theme }))
    .toSorted((a, b) => (`${a.type} ${a.id}` < `${b.type} ${b.id}` ? -1 : 1))

export const widgetOutputOf = (row: WidgetRow, publicUrl: string): WidgetOutput => ({
  id: row.id,
  organization_id: row.organization_id,
  ...row.content,
  publication_status: row.published_version === row.version ? 'published' : 'draft',
  archived: row.archived,
  configuration_tree_id: row.organization_id,
  domain: new URL(publicUrl).host,
  subdomain_id: null,
  custom_domain_id: null,
  custom_theme_id: null,
  meta_tags_id: null,
  url: `${publicUrl}/c/${encodeURIComponent(row.organization_id)}/${encodeURIComponent(row.id)}`,
  components: componentOutputs(row),
  created_at: row.created_at.toISOString(),
  updated_at: row.updated_at.toISOString(),
  version: row.version,
})
