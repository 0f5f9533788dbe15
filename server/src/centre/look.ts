/** How one version of a widget looks: its theme, and the styles of its parts, as style sheets. Pure. */
import { contrast } from '../widgets/color.ts'
import type { Look, SectionsTheme } from '../widgets/look.ts'
import type { Snapshot } from '../widgets/snapshot.ts'
import type { Style } from '../widgets/style.ts'

/** What both the hosted page and the embedded element are made of. */
const SELECTORS: Readonly<Record<string, string>> = {
  'header.mainTitle': 'header .title',
  'header.introductionTitle': 'header .introduction',
  'header.logo': 'header .logo',
  'header.logoWrapper': 'header .picture',
  'header.bannerImage': 'header .banner',
  'footer.text': 'footer .text',
  'footer.icon': 'footer .icon',
  'section.title': '.card& .name',
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

const RADIUS = { rounded: '1.25em', smoothed: '.5em', squared: '0' }
const BORDER = { thin: '1px', medium: '2px', thick: '4px' }
const SHADOW = { small: '0 1px 3px #0003', medium: '0 2px 8px #0003', big: '0 6px 20px #0004' }
const NAME = { small: '1em', medium: '1.125em', big: '1.5em' }
const DESCRIPTION = { small: '.875em', medium: '1em', big: '1.125em' }

export function styleSheetOf({ colors, look }: Pick<Snapshot, 'colors' | 'look'>): string {
  const variables = Object.entries(colors).map(([id, color]) => [`--${id.replace('_', '-')}`, color])
  // What the browser draws itself: an empty circle must not look like a chosen one.
  const isDark =
    contrast('#fff', colors.color_2, colors.color_1) > contrast('#000', colors.color_2, colors.color_1)
  const colorScheme = isDark ? 'dark' : 'light'
  return `${rule(':root', { ...Object.fromEntries(variables), colorScheme })}\n${partsOf(look)}`
}

/** For wherever the colours are set in another way. */
export const partsOf = (look: Look | undefined): string =>
  look ? [...themed(look.theme), ...styled(look)].filter(Boolean).join('\n') : ''

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
    rule('.card .name', {
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
          padding: '.35em .75em',
          margin: '.35em .35em 0 0',
        })
      : '',
    // As wide as its text.
    isButton ? rule('.value > label', { display: 'inline' }) : '',
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
    value === undefined ? [] : [`${kebab(name)}:${ownLength(value)}`],
  )
  return selector && declarations.length > 0 ? `${selector}{${declarations.join(';')}}` : ''
}

/** Parts stand where 1em is the size of the text around; in somebody else's page 1rem is theirs. */
const ownLength = (value: string | number): string => String(value).replace(/^([\d.]+)rem$/, '$1em')

const kebab = (name: string): string => name.replace(/[A-Z]/g, letter => `-${letter.toLowerCase()}`)
