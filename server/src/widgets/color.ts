/** The eight colours of a theme, and whether people can read them: WCAG 2.2, success criteria 1.4.3 and 1.4.11. Pure. */

export const COLORS = [
  { id: 'color_1', about: 'Page background' },
  { id: 'color_2', about: 'Card background' },
  { id: 'color_3', about: 'Text' },
  { id: 'color_4', about: 'Secondary text' },
  { id: 'color_5', about: 'Buttons, switches that are on, links' },
  { id: 'color_6', about: 'Text on buttons' },
  { id: 'color_7', about: 'Borders of controls' },
  { id: 'color_8', about: 'Header and footer background' },
] as const

export type ColorId = (typeof COLORS)[number]['id']
export type Colors = Record<ColorId, string>

type Rgb = readonly [red: number, green: number, blue: number, alpha: number]

export const isColor = (text: string): boolean => parse(text) !== undefined

/** Which pairs meet on the page, and the contrast they need. */
const PAIRS: readonly { text: ColorId; on: ColorId; least: number }[] = [
  { text: 'color_3', on: 'color_1', least: 4.5 },
  { text: 'color_3', on: 'color_2', least: 4.5 },
  { text: 'color_3', on: 'color_8', least: 4.5 },
  { text: 'color_4', on: 'color_1', least: 4.5 },
  { text: 'color_4', on: 'color_2', least: 4.5 },
  { text: 'color_4', on: 'color_8', least: 4.5 },
  { text: 'color_5', on: 'color_1', least: 4.5 },
  { text: 'color_5', on: 'color_2', least: 4.5 },
  { text: 'color_5', on: 'color_8', least: 4.5 },
  { text: 'color_6', on: 'color_5', least: 4.5 },
  { text: 'color_7', on: 'color_2', least: 3 },
]

/** By colour that would have to change: what is wrong with it. Empty: everybody can read the page. */
export function contrastFaults(colors: Colors): Record<string, string> {
  const faults: Record<string, string> = {}
  for (const { text, on, least } of PAIRS) {
    const ratio = contrast(colors[text], colors[on], colors.color_1)
    if (ratio < least)
      faults[text] ??=
        `has a contrast of ${ratio.toFixed(2)}:1 on ${on}; ${least}:1 is needed (WCAG 2.2 AA): make it darker or lighter`
  }
  return faults
}

/** @param behind what shows through where a background is translucent; the browser's canvas is white */
export function contrast(foreground: string, background: string, behind = '#fff'): number {
  const canvas = over(known(behind), [255, 255, 255, 1])
  const back = over(known(background), canvas)
  const light = luminance(over(known(foreground), back))
  const dark = luminance(back)
  return (Math.max(light, dark) + 0.05) / (Math.min(light, dark) + 0.05)
}

function known(text: string): Rgb {
  const color = parse(text)
  if (!color) throw new Error(`${text} is no colour`)
  return color
}

function parse(text: string): Rgb | undefined {
  const color = text.trim().toLowerCase()
  if (color === 'transparent') return [0, 0, 0, 0]
  const hex = /^#([0-9a-f]{3,4}|[0-9a-f]{6}|[0-9a-f]{8})$/.exec(color)?.[1]
  if (hex) {
    const pairs = hex.length < 6 ? [...hex].map(digit => digit + digit) : (hex.match(/../g) ?? [])
    const [red = 0, green = 0, blue = 0, alpha = 255] = pairs.map(pair => Number.parseInt(pair, 16))
    return [red, green, blue, alpha / 255]
  }
  const parts =
    /^rgba?\(\s*(\d{1,3})\s*[, ]\s*(\d{1,3})\s*[, ]\s*(\d{1,3})\s*(?:[,/]\s*(\d*\.?\d+)(%?)\s*)?\)$/.exec(
      color,
    )
  if (!parts) return undefined
  const [red = 0, green = 0, blue = 0] = parts.slice(1, 4).map(Number)
  const alpha = parts[4] === undefined ? 1 : Number(parts[4]) / (parts[5] ? 100 : 1)
  return Math.max(red, green, blue) <= 255 && alpha <= 1 ? [red, green, blue, alpha] : undefined
}

function over(top: Rgb, below: Rgb): Rgb {
  const mix = (i: 0 | 1 | 2) => top[i] * top[3] + below[i] * (1 - top[3])
  return [mix(0), mix(1), mix(2), 1]
}

function luminance([red, green, blue]: Rgb): number {
  const linear = (channel: number) => {
    const share = channel / 255
    return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4
  }
  return 0.2126 * linear(red) + 0.7152 * linear(green) + 0.0722 * linear(blue)
}
