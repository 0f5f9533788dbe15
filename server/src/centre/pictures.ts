/** Pictures of a widget's parts. */
import { type Content, html } from '../http/html.ts'
import { inLanguage } from '../http/texts.ts'
import type { Look } from '../widgets/look.ts'
import type { Snapshot } from '../widgets/snapshot.ts'

/** How it is laid out: a class of the style sheet. */
type Kind = 'logo' | 'banner' | 'icon'

interface Where {
  type: Look['images'][number]['type']
  part: string
  elementId?: string
}

interface Picture {
  kind: Kind
  src: string
  alt: string
}

/** What an element says of itself comes over what all of its type have. */
export function pictureOf(
  { look, defaultLanguage }: Pick<Snapshot, 'look' | 'defaultLanguage'>,
  language: string,
  where: Where,
  kind: Kind,
): Picture | undefined {
  const candidates = look?.images.filter(({ type, part }) => type === where.type && part === where.part) ?? []
  const found =
    candidates.find(({ elementId }) => elementId === where.elementId) ??
    candidates.find(({ elementId }) => elementId === undefined)
  return found && { kind, src: found.image.src, alt: inLanguage(found.image.alt, language, defaultLanguage) }
}

/** It has its place before it is loaded, so that nothing moves when it is. */
export function picture(...wanted: Parameters<typeof pictureOf>): Content {
  const found = pictureOf(...wanted)
  if (!found) return ''
  const { kind, src, alt } = found
  const image = html`<img class="${kind}" src="${src}" alt="${alt}" loading="lazy" decoding="async" referrerpolicy="no-referrer">`
  return kind === 'logo' ? html`<p class="picture">${image}</p>` : image
}
