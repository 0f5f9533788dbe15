/** How a widget looks beyond its theme: styles, pictures and switches of its parts, checked. Pure. */
import { z } from 'zod'
import { isObject } from '../http/objects.ts'
import type { Texts } from '../http/texts.ts'
import { errorsOf } from '../http/validation.ts'
import { type Colors, contrast } from './color.ts'
import type { StoredComponent } from './components.ts'
import type { ComponentOutput } from './schema.ts'
import { boxPart, colorValue, fontFamily, imagePart, type Style, textPart } from './style.ts'

type Type = ComponentOutput['type']

const align = z.enum(['left', 'center'])
const size = z.enum(['small', 'medium', 'big'])

/** What is not here cannot be shown, and is refused where it is saved. */
const OPTIONS: Readonly<Record<Type, z.ZodRawShape>> = {
  header: {
    mainTitle: textPart,
    introductionTitle: textPart,
    logo: imagePart,
    logoWrapper: boxPart,
    bannerImage: imagePart,
    user: z.strictObject({ isShown: z.boolean().optional() }),
  },
  footer: { text: textPart, icon: imagePart },
  section: {
    title: textPart,
    description: textPart,
    card: boxPart,
    logo: imagePart,
    logoWrapper: boxPart,
    imageType: z.enum(['logo', 'banner']),
    contentAlign: align,
    saveOnClick: z.boolean(),
    isCardClickable: z.boolean(),
    isSaveIndicatorVisible: z.boolean(),
  },
  sections: {},
  preference: { title: textPart, description: textPart },
  preference_value: { label: textPart, icon: imagePart },
  save: { guidelineText: textPart, saveButton: textPart, card: boxPart },
}

const sectionsTheme = {
  backgroundColor: colorValue,
  borderShape: z.enum(['rounded', 'squared', 'smoothed']),
  borderWidth: z.enum(['thin', 'medium', 'thick']),
  borderColor: colorValue,
  borderShadow: size,
  contentAlign: align,
  nameSize: size,
  nameColor: colorValue,
  nameFontFamily: fontFamily,
  descriptionSize: size,
  descriptionColor: colorValue,
  descriptionFontFamily: fontFamily,
  buttonType: z.enum(['list', 'button']),
  buttonColor: colorValue,
  buttonTextColor: colorValue,
}
const THEMES: Readonly<Record<Type, z.ZodRawShape>> = {
  ...{ header: {}, footer: {}, section: {}, preference: {}, preference_value: {}, save: {} },
  sections: sectionsTheme,
}

export type SectionsTheme = { -readonly [name in keyof typeof sectionsTheme]?: string }

interface Image {
  src: string
  alt: Texts
}

export interface SectionOptions {
  imageType?: 'logo' | 'banner'
  contentAlign?: 'left' | 'center'
  saveOnClick?: boolean
  isCardClickable?: boolean
  isSaveIndicatorVisible?: boolean
}

/** Of a part of the template (`elementId` absent), or of one element of the tree. */
export interface Look {
  theme: SectionsTheme
  styles: readonly { type: Type; elementId?: string; part: string; style: Style }[]
  images: readonly { type: Type; elementId?: string; part: string; image: Image }[]
  sections: readonly { elementId?: string; options: SectionOptions }[]
  /** The header says who is signed in. */
  isUserShown?: boolean
}

/** What cannot be shown, by its path: `options.logo.src`. */
export function faultsOf({ type, options, theme }: StoredComponent): Record<string, string> {
  return {
    ...faults(OPTIONS[type], options, 'options'),
    ...faults(THEMES[type], theme, 'theme'),
  }
}

function faults(shape: z.ZodRawShape, value: unknown, path: string): Record<string, string> {
  const { error } = z.strictObject(shape).partial().safeParse(value)
  return error ? errorsOf(error.issues.map(issue => ({ ...issue, path: [path, ...issue.path] }))) : {}
}

/** What was stored before it was checked, and cannot be shown, is left out. */
export function lookOf(components: Readonly<Record<string, StoredComponent>>): Look {
  const look = {
    theme: {} as SectionsTheme,
    styles: [] as Look['styles'][number][],
    images: [] as Look['images'][number][],
    sections: [] as Look['sections'][number][],
    ...isShown(components),
  }
  for (const [id, { type, options, theme, isElement }] of Object.entries(components)) {
    const whose = { type, ...(isElement ? { elementId: id } : {}) }
    if (type === 'sections') look.theme = sound(THEMES.sections, theme) as SectionsTheme
    const shown = sound(OPTIONS[type], options)
    const switches: Record<string, unknown> = {}
    for (const [part, option] of Object.entries(shown)) {
      if (!isObject(option)) {
        switches[part] = option
        continue
      }
      const style = isObject(option.style) ? option.style.default : undefined
      if (isObject(style)) look.styles.push({ ...whose, part, style: style as Style })
      if (typeof option.src === 'string')
        look.images.push({ ...whose, part, image: { src: option.src, alt: (option.content ?? {}) as Texts } })
    }
    if (Object.keys(switches).length > 0)
      look.sections.push({ ...(isElement ? { elementId: id } : {}), options: switches })
  }
  return look
}

const isShown = (components: Readonly<Record<string, StoredComponent>>): { isUserShown?: true } =>
  Object.values(components).some(
    ({ type, options: { user } }) => type === 'header' && isObject(user) && user.isShown === true,
  )
    ? { isUserShown: true }
    : {}

function sound(shape: z.ZodRawShape, value: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(value).flatMap(([name, one]) => {
      const parsed = z
        .strictObject(shape)
        .partial()
        .safeParse({ [name]: one })
      return parsed.success ? [[name, one]] : []
    }),
  )
}

/** Colours of parts that people could not read on what is behind them, by component or type and path. */
export function contrastFaultsOf(look: Look, colors: Colors): Record<string, string> {
  const found: Record<string, string> = {}
  const hold = (path: string, text: string, back: string, least: number) => {
    const ratio = contrast(text, back, colors.color_1)
    if (ratio < least)
      found[path] ??= `has a contrast of ${ratio.toFixed(2)}:1; ${least}:1 is needed (WCAG 2.2 AA)`
  }
  const { theme } = look
  const styleOf = (type: Type, part: string, elementId?: string): Style => ({
    ...look.styles.find(one => one.type === type && one.part === part && one.elementId === undefined)?.style,
    ...look.styles.find(one => one.type === type && one.part === part && one.elementId === elementId)?.style,
  })
  const text = (value: string | number | undefined): string | undefined =>
    value === undefined ? undefined : String(value)
  const cardOf = (elementId?: string): string =>
    text(styleOf('section', 'card', elementId).backgroundColor) ?? theme.backgroundColor ?? colors.color_2

  const onCard = (path: string, back: string) => {
    hold(path, colors.color_3, back, 4.5)
    hold(path, colors.color_4, back, 4.5)
    hold(path, colors.color_5, back, 4.5)
    hold(path, colors.color_7, back, 3)
  }
  if (theme.backgroundColor) onCard('sections.theme.backgroundColor', theme.backgroundColor)
  if (theme.nameColor) hold('sections.theme.nameColor', theme.nameColor, cardOf(), 4.5)
  if (theme.descriptionColor) hold('sections.theme.descriptionColor', theme.descriptionColor, cardOf(), 4.5)
  if (theme.buttonColor || theme.buttonTextColor)
    hold(
      `sections.theme.${theme.buttonTextColor ? 'buttonTextColor' : 'buttonColor'}`,
      theme.buttonTextColor ?? colors.color_6,
      theme.buttonColor ?? colors.color_5,
      4.5,
    )
  for (const { type, elementId, part, style } of look.styles) {
    const path = `${elementId ?? type}.options.${part}.style.default`
    const behind =
      type === 'header' || type === 'footer'
        ? colors.color_8
        : type === 'save'
          ? (text(styleOf('save', 'card').backgroundColor) ?? colors.color_1)
          : cardOf(type === 'section' ? elementId : undefined)
    const isButton = part === 'saveButton'
    const own = text(style.backgroundColor)
    if (part === 'card' && own) {
      if (type === 'section') onCard(`${path}.backgroundColor`, own)
      else hold(`${path}.backgroundColor`, colors.color_3, own, 4.5)
      continue
    }
    const usual = isButton
      ? colors.color_6
      : type === 'section' && part === 'title'
        ? (theme.nameColor ?? colors.color_3)
        : colors.color_3
    if (style.color === undefined && own === undefined) continue
    hold(
      `${path}.${style.color === undefined ? 'backgroundColor' : 'color'}`,
      text(style.color) ?? usual,
      own ?? (isButton ? colors.color_5 : behind),
      4.5,
    )
  }
  return found
}
