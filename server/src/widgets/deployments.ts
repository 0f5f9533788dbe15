/** Publishing: a widget as it stands becomes a version that is never changed again. */
import { sql } from 'kysely'
import { newId } from '../access/ids.ts'
import { notFound, Refusal } from '../http/errors.ts'
import { totalOf } from '../store/count.ts'
import { type Database, inTransaction, type Runner } from '../store/database.ts'
import { contrastFaultsOf } from './look.ts'
import type { DeploymentOutput } from './schema.ts'
import { type Snapshot, takeSnapshot } from './snapshot.ts'
import { findWidget, type WidgetRow } from './widgets.ts'

interface VersionRow {
  organization_id: string
  widget_id: string
  number: number
  deployment_id: string
  snapshot: Snapshot
  published_at: Date
}

/** What people see now. */
export interface Published {
  version: number
  snapshot: Snapshot
}

export function publish(
  db: Database,
  { organizationId, keyId }: { organizationId: string; keyId: string },
  widgetId: string,
): Promise<DeploymentOutput> {
  return inTransaction(db, async trx => {
    const widget = await findWidget(trx, organizationId, widgetId, { locks: true })
    if (widget.archived) throw new Refusal('conflict', 'the widget is archived', { widget_id: 'is archived' })
    const snapshot = await takeSnapshot(trx, widget)
    if (snapshot.purposes.length === 0)
      throw new Refusal('conflict', 'the widget shows nothing', {
        widget_id: 'shows no purpose: plant the configuration tree first (PUT /v1/config-trees)',
      })
    const faults = snapshot.look ? contrastFaultsOf(snapshot.look, snapshot.colors) : {}
    if (Object.keys(faults).length > 0)
      throw new Refusal('conflict', 'parts of the widget cannot be read on its theme', faults)
    const row = (await same(trx, widget, snapshot)) ?? (await append(trx, widget, snapshot, keyId))
    await sql`
      update widgets set published_version = version
      where organization_id = ${organizationId} and id = ${widgetId}`.execute(trx)
    return outputOf(row)
  })
}

/** The newest version, if it shows the same already: publishing twice is publishing once. */
async function same(trx: Runner, widget: WidgetRow, snapshot: Snapshot): Promise<VersionRow | undefined> {
  const { rows } = await sql<VersionRow & { isSame: boolean }>`
    select *, snapshot = ${JSON.stringify(snapshot)}::jsonb as "isSame" from widget_versions
    where organization_id = ${widget.organization_id} and widget_id = ${widget.id}
    order by number desc limit 1`.execute(trx)
  return rows[0]?.isSame ? rows[0] : undefined
}

async function append(
  trx: Runner,
  widget: WidgetRow,
  snapshot: Snapshot,
  keyId: string,
): Promise<VersionRow> {
  const { organization_id, id } = widget
  const { rows } = await sql<VersionRow>`
    insert into widget_versions (organization_id, widget_id, number, deployment_id, snapshot, published_by)
    select ${organization_id}, ${id}, coalesce(max(number), 0) + 1, ${newId()}, ${JSON.stringify(snapshot)}, ${keyId}
    from widget_versions where organization_id = ${organization_id} and widget_id = ${id}
    returning *`.execute(trx)
  return rows[0] as VersionRow
}

export async function listDeployments(
  db: Runner,
  organizationId: string,
  {
    widgetId,
    version,
    ...page
  }: { widgetId?: string | undefined; version?: number | undefined; limit: number; skip: number },
): Promise<{ total: number; data: DeploymentOutput[] }> {
  const found = sql`
    from widget_versions
    where organization_id = ${organizationId} and (${widgetId ?? null}::text is null or widget_id = ${widgetId ?? null})
      and (${version ?? null}::int is null or number = ${version ?? null})`
  const { rows } = await sql<VersionRow>`
    select * ${found}
    order by published_at desc, number desc
    limit ${page.limit} offset ${page.skip}`.execute(db)
  return { total: await totalOf(db, found, page, rows.length), data: rows.map(outputOf) }
}

export async function findDeployment(
  db: Runner,
  organizationId: string,
  id: string,
): Promise<DeploymentOutput> {
  const { rows } = await sql<VersionRow>`
    select * from widget_versions where organization_id = ${organizationId} and deployment_id = ${id}`.execute(
    db,
  )
  if (!rows[0]) throw notFound('deployment')
  return outputOf(rows[0])
}

const REMEMBERED = 200
/** By deployment: what was published is never changed. */
const remembered = new Map<string, Published>()

/** @param version default: the newest; an older one is what somebody saw at that time */
export async function readPublished(
  db: Runner,
  organizationId: string,
  widgetId: string,
  version?: number,
): Promise<Published | undefined> {
  const { rows } = await sql<{ id: string }>`
    select v.deployment_id as id from widget_versions v
    join widgets w on w.organization_id = v.organization_id and w.id = v.widget_id
    where v.organization_id = ${organizationId} and v.widget_id = ${widgetId}
      and (v.number = ${version ?? null} or ${version ?? null}::int is null and not w.archived)
    order by v.number desc limit 1`.execute(db)
  return rows[0] && (remembered.get(rows[0].id) ?? (await remember(db, organizationId, rows[0].id)))
}

async function remember(db: Runner, organizationId: string, id: string): Promise<Published | undefined> {
  const { rows } = await sql<VersionRow>`
    select number, snapshot from widget_versions
    where organization_id = ${organizationId} and deployment_id = ${id}`.execute(db)
  if (!rows[0]) return undefined
  const published = { version: rows[0].number, snapshot: rows[0].snapshot }
  remembered.set(id, published)
  const [oldest] = remembered.keys()
  if (remembered.size > REMEMBERED && oldest !== undefined) remembered.delete(oldest)
  return published
}

const outputOf = (row: VersionRow): DeploymentOutput => ({
  id: row.deployment_id,
  deployment_id: row.deployment_id,
  organization_id: row.organization_id,
  widget_id: row.widget_id,
  version: row.number,
  config: row.snapshot as unknown as Record<string, unknown>,
  created_at: row.published_at.toISOString(),
})
