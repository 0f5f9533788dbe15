/** How one version of a widget looks: its theme, and the styles of its parts, as a style sheet. Pure. */
import type { Look, SectionsTheme } from '../widgets/look.ts'
import type { Snapshot } from '../widgets/snapshot.ts'
import type { Style } from '../widgets/style.ts'

const SELECTORS: Readonly<Record<string, string>> = {
  'header.mainTitle': 'header h1',
  'header.introductionTitle': 'header .introduction',
  'header.logo': 'header .logo',
  'header.logoWrapper': 'header .picture',
  'header.bannerImage': 'header .banner',
  'footer.text': 'footer .text',
  'footer.icon': 'footer .icon',
  'section.title': '.card& h2',
  'section.description': '.card& .about',
  'section.card': '.card&',
  'section.logo': '.card& .logo,.card& .banner',
  'section.logoWrapper': '.card& .picture',
  'preference.title': 'fieldset& > legend',
  'preference.description': 'fieldset& > .about',
  'preference_value.label': '.value& > label',
  'preference_value.icon': '.value& > .icon',
  'save.guidelineText': '.save output',
  'save.saveButton': '.save button',
  'save.card': '.save.bar',
}

const RADIUS = { rounded: '1.25rem', smoothed: '.5rem', squared: '0' }
const BORDER = { thin: '1px', medium: '2px', thick: '4px' }
const SHADOW = { small: '0 1px 3px #0003', medium: '0 2px 8px #0003', big: '0 6px 20px #0004' }
const NAME = { small: '1rem', medium: '1.125rem', big: '1.5rem' }
const DESCRIPTION = { small: '.875rem', medium: '1rem', big: '1.125rem' }

export function styleSheetOf({ colors, look }: Pick<Snapshot, 'colors' | 'look'>): string {
  const variables = Object.entries(colors).map(([id, color]) => [`--${id.replace('_', '-')}`, color])
  return [
    rule(':root', Object.fromEntries(variables)),
    ...(look ? [...themed(look.theme), ...styled(look)] : []),
  ]
    .filter(Boolean)
    .join('\n')
}

function themed(theme: SectionsTheme): string[] {
  const named = <T extends Record<string, string>>(values: T, name: string | undefined) =>
    name === undefined ? undefined : values[name]
  const isButton = theme.buttonType === 'button'
  return [
    rule('.card', {
      backgroundColor: theme.backgroundColor,
      borderRadius: named(RADIUS, theme.borderShape),
      borderWidth: named(BORDER, theme.borderWidth),
      borderColor: theme.borderColor,
      boxShadow: named(SHADOW, theme.borderShadow),
      textAlign: theme.contentAlign === 'left' ? 'start' : theme.contentAlign,
    }),
    rule('.card h2', {
      fontSize: named(NAME, theme.nameSize),
      color: theme.nameColor,
      fontFamily: theme.nameFontFamily,
    }),
    rule('.card .about', {
      fontSize: named(DESCRIPTION, theme.descriptionSize),
      color: theme.descriptionColor,
      fontFamily: theme.descriptionFontFamily,
    }),
    isButton
      ? rule('.value', {
          display: 'inline-block',
          border: '2px solid var(--color-7)',
          borderRadius: 'var(--radius)',
          padding: '.35rem .75rem',
          margin: '.35rem .35rem 0 0',
        })
      : '',
    isButton
      ? rule('.value:has(> input:checked):not(:has(> .nested))', {
          backgroundColor: theme.buttonColor ?? 'var(--color-5)',
          borderColor: theme.buttonColor ?? 'var(--color-5)',
          color: theme.buttonTextColor ?? 'var(--color-6)',
        })
      : '',
    isButton
      ? rule('.value:has(> input:checked):not(:has(> .nested)) > input', {
          accentColor: theme.buttonTextColor ?? 'var(--color-6)',
        })
      : '',
  ]
}

/** Parts of the template first: what an element says of itself comes over them. */
const styled = ({ styles }: Look): string[] =>
  [...styles]
    .sort((a, b) => Number(a.elementId !== undefined) - Number(b.elementId !== undefined))
    .map(({ type, elementId, part, style }) =>
      rule(
        (SELECTORS[`${type}.${part}`] ?? '').replaceAll(
          '&',
          elementId === undefined ? '' : `[data-element="${elementId}"]`,
        ),
        style,
      ),
    )

function rule(selector: string, style: Style): string {
  const declarations = Object.entries(style).flatMap(([name, value]) =>
    value === undefined ? [] : [`${kebab(name)}:${value}`],
  )
  return selector && declarations.length > 0 ? `${selector}{${declarations.join(';')}}` : ''
}

const kebab = (name: string): string => name.replace(/[A-Z]/g, letter => `-${letter.toLowerCase()}`)
