/** What the preferences stand in: the widget's header and footer, and its looks. */
import type { Widget } from '@heed/client'
import { h, sheetOf } from './dom.ts'
import { pictureOf } from './picture.ts'

interface Within {
  user: HTMLElement
  status: HTMLElement
  content: HTMLElement
}

export const frameOf = (
  { language, direction, shape, look, texts }: Widget,
  { user, status, content }: Within,
): HTMLElement =>
  // A section: header and footer are those of this part of the page, not of the page.
  h(
    'section',
    { class: `root ${shape}`, part: 'root', lang: language, dir: direction },
    h(
      'header',
      {},
      pictureOf(look.banner),
      pictureOf(look.logo),
      h('h2', { class: 'title', part: 'title' }, texts.title),
      texts.introduction && h('p', { class: 'introduction', part: 'introduction' }, texts.introduction),
      user,
    ),
    status,
    content,
    (look.icon || texts.footer) &&
      h(
        'footer',
        {},
        pictureOf(look.icon),
        texts.footer && h('p', { class: 'text', part: 'footer' }, texts.footer),
      ),
  )

/** Over the sheet that all have; colours that the page around sets come over these. */
export function looksOf({ colors, look }: Widget): CSSStyleSheet {
  const theme = Object.entries(colors).map(([id, color]) => `--${id.replace('color_', 'theme-')}:${color}`)
  return sheetOf(`:host{${theme.join(';')}}${look.css}`)
}
