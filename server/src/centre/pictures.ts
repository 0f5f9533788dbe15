/** Pictures of a widget's parts: each has its place before it is loaded, so that nothing moves when it is. */
import { type Content, html } from '../http/html.ts'
import { inLanguage, type Texts } from '../http/texts.ts'
import type { Look, SectionOptions } from '../widgets/look.ts'
import type { Snapshot } from '../widgets/snapshot.ts'

/** @param kind how it is laid out: a class of the style sheet */
export function picture(
  { look, defaultLanguage }: Pick<Snapshot, 'look' | 'defaultLanguage'>,
  language: string,
  where: { type: Look['images'][number]['type']; part: string; elementId?: string },
  kind: 'logo' | 'banner' | 'icon',
): Content {
  const candidates = look?.images.filter(({ type, part }) => type === where.type && part === where.part) ?? []
  const found =
    candidates.find(({ elementId }) => elementId === where.elementId) ??
    candidates.find(({ elementId }) => elementId === undefined)
  if (!found) return ''
  const alt: Texts = found.image.alt
  return html`<img class="${kind}" src="${found.image.src}" alt="${inLanguage(alt, language, defaultLanguage)}" loading="lazy" decoding="async" referrerpolicy="no-referrer">`
}

/** What an element says of itself comes over what all sections have. */
export const optionsOf = ({ look }: Pick<Snapshot, 'look'>, elementId: string): SectionOptions => ({
  ...look?.sections.find(one => one.elementId === undefined)?.options,
  ...look?.sections.find(one => one.elementId === elementId)?.options,
})
