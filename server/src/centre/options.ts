/** The switches of a widget's sections. Pure. */
import type { SectionOptions } from '../widgets/look.ts'
import type { Snapshot } from '../widgets/snapshot.ts'

/** What an element says of itself comes over what all sections have, and that over what the template does. */
export const optionsOf = (
  { look, template }: Pick<Snapshot, 'look' | 'template'>,
  elementId: string,
): SectionOptions & { saveOnClick: boolean } => ({
  saveOnClick: template === 'sections',
  ...look?.sections.find(one => one.elementId === undefined)?.options,
  ...look?.sections.find(one => one.elementId === elementId)?.options,
})
