/** Of a part of the widget: with a place of its own before it is loaded, so that nothing moves when it is. */
import type { WidgetPicture } from '@heed/client'
import { h } from './dom.ts'

export function pictureOf(picture: WidgetPicture | undefined): HTMLElement | undefined {
  if (!picture) return undefined
  const { kind, src, alt } = picture
  // The policies come before the address, which begins the loading.
  const image = h('img', {
    ...{ loading: 'lazy', decoding: 'async', referrerpolicy: 'no-referrer' },
    ...{ class: kind, part: kind, src, alt },
  })
  return kind === 'logo' ? h('p', { class: 'picture' }, image) : image
}
