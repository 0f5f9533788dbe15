/** Proofs over HTTP: uploaded before an event names them, and read again. */
import { z } from 'zod'
import { idParams as params, ownQuery as querystring, readOnly } from '../access/shapes.ts'
import { notFound } from '../http/errors.ts'
import { type App, EVENTS_BODY_LIMIT_BYTES } from '../http/server.ts'
import { findProof, type NewProof, uploadProof } from '../record/proofs.ts'
import type { Database } from '../store/database.ts'
import { dataUriOf, proofFile, proofsOf } from './proofs.ts'

const tags = ['consents/proofs']
const proofOutput = z.object({
  id: z.string().describe('Named by an event in its proofs_id'),
  size: z.number().describe('In bytes'),
  file: z.string().describe('Base64 data URI'),
})
const response = { 200: proofOutput }
const proofInput = z.strictObject({
  id: readOnly,
  size: readOnly,
  organization_id: querystring.shape.organization_id,
  file: proofFile,
})

export function proofRoutes(app: App, { db }: { db: Database }): void {
  app.post(
    '/consents/proofs',
    {
      bodyLimit: EVENTS_BODY_LIMIT_BYTES,
      schema: {
        tags,
        summary: 'Upload a file that proves a choice; an event then names it',
        querystring,
        body: proofInput,
        response,
      },
    },
    async ({ caller, body }) => {
      const [proof] = proofsOf([body.file]) as [NewProof]
      await uploadProof(db, caller.organizationId, proof)
      return outputOf(proof)
    },
  )
  app.get(
    '/consents/proofs/:id',
    { schema: { tags, summary: 'One proof, however it came', params, querystring, response } },
    async ({ caller, params }) => {
      const proof = await findProof(db, caller.organizationId, params.id)
      if (!proof) throw notFound('proof')
      return outputOf(proof)
    },
  )
}

const outputOf = (proof: NewProof): z.infer<typeof proofOutput> => ({
  id: proof.id,
  size: proof.content.length,
  file: dataUriOf(proof),
})
