/** What of CSS a widget may bring along: a few properties, each with values that are known to be harmless. */
import { z } from 'zod'
import { isColor } from './color.ts'

export const colorValue = z.string().max(64).refine(isColor, 'takes hex, rgb(), rgba() or transparent')

/** Non-negative: nothing is pulled over what stands beside it. */
const length = (mostPx: number) =>
  z
    .string()
    .regex(/^(0|\d{1,4}(\.\d{1,3})?(px|rem|em))$/, 'takes a length in px, rem or em')
    .refine(text => inPx(text) <= mostPx, `takes ${mostPx}px at most`)
const inPx = (text: string): number => Number.parseFloat(text) * (text.endsWith('px') ? 1 : 16)

const MOST_PX = { space: 64, border: 8, picture: 400, font: 64 }
const LEAST_FONT_PX = 12

export const fontFamily = z
  .string()
  .max(200)
  .regex(
    /^([A-Za-z][A-Za-z0-9 _-]*|"[A-Za-z0-9 _-]+"|'[A-Za-z0-9 _-]+')(, ?([A-Za-z][A-Za-z0-9 _-]*|"[A-Za-z0-9 _-]+"|'[A-Za-z0-9 _-]+'))*$/,
    'takes names of fonts, separated by commas',
  )

const textStyle = {
  color: colorValue.optional(),
  backgroundColor: colorValue.optional(),
  fontFamily: fontFamily.optional(),
  fontSize: length(MOST_PX.font)
    .refine(text => inPx(text) >= LEAST_FONT_PX, `takes ${LEAST_FONT_PX}px at least`)
    .optional(),
  fontStyle: z.enum(['normal', 'italic']).optional(),
  fontWeight: z.union([z.enum(['normal', 'bold']), z.coerce.number().int().min(100).max(900)]).optional(),
  textAlign: z.enum(['left', 'center', 'right', 'start', 'end']).optional(),
  textTransform: z.enum(['none', 'capitalize', 'uppercase', 'lowercase']).optional(),
}
const boxStyle = {
  backgroundColor: colorValue.optional(),
  textAlign: textStyle.textAlign,
  padding: length(MOST_PX.space).optional(),
  borderRadius: length(MOST_PX.space).optional(),
  borderWidth: length(MOST_PX.border).optional(),
  borderStyle: z.enum(['none', 'solid', 'dashed', 'dotted']).optional(),
  borderColor: colorValue.optional(),
}
const imageStyle = { height: length(MOST_PX.picture).optional(), borderRadius: boxStyle.borderRadius }

const styled = <T extends z.ZodRawShape>(shape: T) =>
  z.strictObject({ default: z.strictObject(shape).optional() }).optional()
const content = z.record(z.string().max(35), z.string().max(10_000)).optional()

/** `{content: {language: text}, style: {default: {...}}}` */
export const textPart = z.strictObject({ content, style: styled(textStyle) })
export const boxPart = z.strictObject({ style: styled(boxStyle) })
/** Its content is the alternative text; without one the image is decoration. */
export const imagePart = z.strictObject({
  src: z
    .string()
    .max(60_000)
    .regex(
      /^(https:\/\/[^\s"'<>\\]+|data:image\/(png|jpeg|gif|webp|avif|svg\+xml);base64,[A-Za-z0-9+/=]+)$/,
      'takes an https: address or data:image/…;base64,…',
    ),
  content,
  style: styled(imageStyle),
})

export type Style = Readonly<Record<string, string | number | undefined>>
