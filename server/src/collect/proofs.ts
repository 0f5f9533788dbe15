/** Files that prove a choice, as they come with an event: base64 data URIs of the kinds that the public API takes. */
import { newId } from '../access/ids.ts'
import type { NewProof } from '../record/proofs.ts'

const mediaTypes = [
  'application/pdf',
  'image/png',
  'image/jpe?g',
  'image/gif',
  'application/msword',
  'application/vnd\\.openxmlformats-officedocument\\.wordprocessingml\\.document',
]
export const dataUri = new RegExp(`^data:(${mediaTypes.join('|')});base64,([A-Za-z0-9+/]+={0,2})$`)

export const proofsOf = (uris: readonly string[] | undefined): NewProof[] =>
  (uris ?? []).map(uri => {
    const [, mediaType = '', content = ''] = dataUri.exec(uri) ?? []
    return { id: newId(), mediaType, content: Buffer.from(content, 'base64') }
  })
