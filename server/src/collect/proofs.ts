/** Files that prove a choice, as they come: base64 data URIs. What a file is, its content says, not what it is called. */
import { z } from 'zod'
import { newId } from '../access/ids.ts'
import type { NewProof } from '../record/proofs.ts'

const MAX_BYTES = 5 * 1024 * 1024
const KINDS = 'a PDF, PNG, JPEG, GIF, DOC or DOCX file'

export const proofFile = z
  .string()
  .superRefine((uri, context) => {
    const content = contentOf(uri)
    const message = !content
      ? `takes a base64 data URI of ${KINDS}`
      : content.length > MAX_BYTES
        ? 'takes a file of at most 5 MiB'
        : !mediaTypeOf(content) && `is not ${KINDS}`
    if (message) context.addIssue({ code: 'custom', message })
  })
  .describe(`Base64 data URI of ${KINDS}, at most 5 MiB`)

/** Of URIs that `proofFile` has let through. */
export const proofsOf = (uris: readonly string[] | undefined): NewProof[] =>
  (uris ?? []).map(uri => {
    const content = contentOf(uri) as Buffer
    return { id: newId(), mediaType: mediaTypeOf(content) as string, content }
  })

export const dataUriOf = ({ mediaType, content }: Omit<NewProof, 'id'>): string =>
  `data:${mediaType};base64,${content.toString('base64')}`

const DATA_URI = /^data:[^,]{0,200};base64,[A-Za-z0-9+/]+={0,2}$/

function contentOf(uri: string): Buffer | undefined {
  if (!DATA_URI.test(uri)) return undefined
  return Buffer.from(uri.slice(uri.indexOf(',') + 1), 'base64')
}

const beginsWith = (...starts: string[]) => {
  const bytes = starts.map(start => Buffer.from(start, 'latin1'))
  return (content: Buffer) => bytes.some(start => content.subarray(0, start.length).equals(start))
}
const isZip = beginsWith('PK\x03\x04')
const isCompoundFile = beginsWith('\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1')
/** The stream that makes a compound file a document of Word, rather than a table or a mail. */
const WORD_STREAM = Buffer.from('WordDocument', 'utf16le')

const kinds: readonly [mediaType: string, is: (content: Buffer) => boolean][] = [
  ['application/pdf', beginsWith('%PDF-')],
  ['image/png', beginsWith('\x89PNG\r\n\x1a\n')],
  ['image/jpeg', beginsWith('\xff\xd8\xff')],
  ['image/gif', beginsWith('GIF87a', 'GIF89a')],
  ['application/msword', content => isCompoundFile(content) && content.includes(WORD_STREAM)],
  [
    'application/vnd.openxmlformats-officedocument.wordprocessingml.document',
    content => isZip(content) && content.includes('[Content_Types].xml') && content.includes('word/'),
  ],
]

const mediaTypeOf = (content: Buffer): string | undefined => kinds.find(([, is]) => is(content))?.[0]
