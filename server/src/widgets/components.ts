/** The parts that a template is made of, and the texts that a widget gives them. Pure. */
import { newShortId } from '../access/ids.ts'
import { isObject } from '../http/objects.ts'
import type { Texts } from '../http/texts.ts'
import type { ComponentOutput, WidgetContent } from './schema.ts'

type Type = ComponentOutput['type']

export interface StoredComponent {
  type: Type
  options: Record<string, unknown>
  theme: Record<string, unknown>
  /** Of an element of the tree rather than of the template. */
  isElement?: boolean
}

const PARTS: Record<WidgetContent['template_id'], readonly Type[]> = {
  sections: ['preference', 'preference_value', 'section', 'sections'],
  sections_and_save: ['preference', 'preference_value', 'save', 'section', 'sections'],
  full_preference_center: [
    'footer',
    'header',
    'preference',
    'preference_value',
    'save',
    'section',
    'sections',
  ],
}

/** @param before those of another template: what both have stays as it was */
export function componentsOf(
  template: WidgetContent['template_id'],
  before: Record<string, StoredComponent> = {},
): Record<string, StoredComponent> {
  const kept = new Map(Object.entries(before).map(([id, component]) => [component.type, { id, component }]))
  return Object.fromEntries(
    PARTS[template].map(type => {
      const { id, component } = kept.get(type) ?? {
        id: newShortId(8),
        component: { type, options: {}, theme: {} },
      }
      return [id, component]
    }),
  )
}

/** `options.mainTitle.content` of the template's component of this type. */
export function textsOf(
  components: Record<string, StoredComponent>,
  type: Type,
  part: string,
): Texts | undefined {
  const component = Object.values(components).find(one => one.type === type && !one.isElement)
  return component && contentOf(component, part)
}

export function contentOf({ options }: StoredComponent, part: string): Texts | undefined {
  const option = options[part]
  const content = isObject(option) ? option.content : undefined
  if (!isObject(content)) return undefined
  const texts = Object.entries(content).filter(
    (entry): entry is [string, string] => typeof entry[1] === 'string' && entry[1] !== '',
  )
  return texts.length > 0 ? Object.fromEntries(texts) : undefined
}
