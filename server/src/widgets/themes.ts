/** Themes: five that everybody has, and one of the organization's own. */
import { sql } from 'kysely'
import { invalid, notFound, Refusal } from '../http/errors.ts'
import type { Database, Runner } from '../store/database.ts'
import { COLORS, type ColorId, type Colors, contrastFaults } from './color.ts'
import type { ThemeOutput, ThemePatch } from './schema.ts'

const CUSTOM = 'custom'

const colors = (...values: [string, string, string, string, string, string, string, string]): Colors =>
  Object.fromEntries(COLORS.map(({ id }, i) => [id, values[i] as string])) as Colors

const THEMES: Readonly<Record<string, Colors>> = {
  default: colors('#f6f7f9', '#ffffff', '#1b1f24', '#4d5661', '#0b5cad', '#ffffff', '#6b7683', '#ffffff'),
  abyss: colors('#0b1020', '#161d33', '#f2f4fb', '#b9c2dc', '#8fb4ff', '#0b1020', '#8792b3', '#111830'),
  sunset: colors('#fff7f2', '#ffffff', '#33180c', '#6b4636', '#a63b0a', '#ffffff', '#96705e', '#ffeee3'),
  ocean: colors('#eef6fa', '#ffffff', '#08293a', '#37596b', '#00587a', '#ffffff', '#5c7f91', '#dceef6'),
  lagoon: colors('#f0faf7', '#ffffff', '#0c2b24', '#38594f', '#00634d', '#ffffff', '#5d8176', '#ddf3ec'),
}

export async function listThemes(db: Runner, organizationId: string): Promise<ThemeOutput[]> {
  const custom = await colorsOf(db, organizationId, CUSTOM)
  return [...Object.entries(THEMES), [CUSTOM, custom] as const].map(([id, colors]) => ({
    id,
    organization_id: id === CUSTOM ? organizationId : null,
    name: id,
    editable: id === CUSTOM,
    ...colors,
  }))
}

/** The organization's own begins as the default one. */
export async function colorsOf(db: Runner, organizationId: string, id: string): Promise<Colors> {
  const known = THEMES[id]
  if (known) return known
  if (id !== CUSTOM) throw invalid({ theme_id: `takes ${[...Object.keys(THEMES), CUSTOM].join(', ')}` })
  const { rows } = await sql<{ colors: Colors }>`
    select colors from widget_themes where organization_id = ${organizationId} and id = ${id}`.execute(db)
  return rows[0]?.colors ?? (THEMES.default as Colors)
}

/** Refuses colours that people could not read. */
export async function changeTheme(
  db: Database,
  organizationId: string,
  id: string,
  patch: ThemePatch,
): Promise<ThemeOutput> {
  if (THEMES[id]) throw new Refusal('forbidden', `${id} is everybody’s: change the theme ${CUSTOM}`)
  if (id !== CUSTOM) throw notFound('theme')
  const given = Object.fromEntries(
    COLORS.flatMap(({ id }) => (patch[id] === undefined ? [] : [[id, patch[id]]])),
  ) as Partial<Record<ColorId, string>>
  const changed = { ...(await colorsOf(db, organizationId, id)), ...given }
  const faults = contrastFaults(changed)
  if (Object.keys(faults).length > 0) throw invalid(faults)
  await sql`
    insert into widget_themes as t (organization_id, id, colors)
    values (${organizationId}, ${id}, ${JSON.stringify(changed)})
    on conflict (organization_id, id) do update
    set colors = excluded.colors, version = t.version + 1, updated_at = now()`.execute(db)
  return { id, organization_id: organizationId, name: id, editable: true, ...changed }
}
