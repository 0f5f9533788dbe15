/** The door of this room: purposes, preferences, the configuration tree. */
import { z } from 'zod'
import { organizationId, idParams as params, refuseOtherId } from '../access/shapes.ts'
import { listQuery, pageInMemory, pageOf } from '../http/paging.ts'
import type { App } from '../http/server.ts'
import type { Database } from '../store/database.ts'
import type { Libraries } from './libraries.ts'
import { plantTree, readTree } from './plant.ts'
import {
  changePreference,
  createPreference,
  deletePreference,
  findPreference,
  listPreferences,
} from './preferences.ts'
import {
  changePurpose,
  createPurpose,
  deletePurpose,
  findPurpose,
  listPurposes,
  replacePurpose,
} from './purposes.ts'
import {
  preferenceInput,
  preferenceOutput,
  preferencePatch,
  purposeInput,
  purposeOutput,
  purposePatch,
  purposeReplacement,
} from './schema.ts'
import { showTree } from './show.ts'
import { treeInput, treeOutput } from './tree.schema.ts'

export interface LibraryGround {
  db: Database
  libraries: Libraries
}

const querystring = z.strictObject({
  organization_id: organizationId,
  $translations: z.stringbool().optional().describe('Taken: texts are always given back per language'),
})
const fields = ['id', 'organization_id', 'type', 'created_at', 'updated_at', 'version'] as const

export function libraryRoutes(app: App, ground: LibraryGround): void {
  purposeRoutes(app, ground)
  preferenceRoutes(app, ground)
  treeRoutes(app, ground)
}

function purposeRoutes(app: App, { db, libraries }: LibraryGround): void {
  const tags = ['metadata/purposes']
  const response = { 200: purposeOutput }
  app.post(
    '/metadata/purposes',
    { schema: { tags, summary: 'Create a purpose', querystring, body: purposeInput, response } },
    async ({ caller, body }) => forgetting(libraries, caller, createPurpose(db, caller.organizationId, body)),
  )
  app.get(
    '/metadata/purposes',
    {
      schema: {
        tags,
        summary: 'List purposes',
        querystring: listQuery,
        response: { 200: pageOf(purposeOutput) },
      },
    },
    async ({ caller, query }) => pageInMemory(await listPurposes(db, caller.organizationId), query, fields),
  )
  app.get(
    '/metadata/purposes/:id',
    { schema: { tags, summary: 'One purpose', params, querystring, response } },
    async ({ caller, params }) => findPurpose(db, caller.organizationId, params.id),
  )
  app.patch(
    '/metadata/purposes/:id',
    { schema: { tags, summary: 'Change a purpose', params, querystring, body: purposePatch, response } },
    async ({ caller, params, body }) => {
      refuseOtherId(body, params)
      return forgetting(libraries, caller, changePurpose(db, caller.organizationId, params.id, body))
    },
  )
  app.put(
    '/metadata/purposes/:id',
    {
      schema: { tags, summary: 'Replace a purpose', params, querystring, body: purposeReplacement, response },
    },
    async ({ caller, params, body }) => {
      refuseOtherId(body, params)
      return forgetting(libraries, caller, replacePurpose(db, caller.organizationId, params.id, body))
    },
  )
  app.delete(
    '/metadata/purposes/:id',
    {
      schema: { tags, summary: 'Delete a purpose; events may still name it', params, querystring, response },
    },
    async ({ caller, params }) =>
      forgetting(libraries, caller, deletePurpose(db, caller.organizationId, params.id)),
  )
}

function preferenceRoutes(app: App, { db, libraries }: LibraryGround): void {
  const tags = ['preferences']
  const response = { 200: preferenceOutput }
  app.post(
    '/preferences',
    { schema: { tags, summary: 'Create a preference', querystring, body: preferenceInput, response } },
    async ({ caller, body }) =>
      forgetting(libraries, caller, createPreference(db, caller.organizationId, body)),
  )
  app.get(
    '/preferences',
    {
      schema: {
        tags,
        summary: 'List preferences',
        querystring: listQuery,
        response: { 200: pageOf(preferenceOutput) },
      },
    },
    async ({ caller, query }) =>
      pageInMemory(await listPreferences(db, caller.organizationId), query, fields),
  )
  app.get(
    '/preferences/:id',
    { schema: { tags, summary: 'One preference', params, querystring, response } },
    async ({ caller, params }) => findPreference(db, caller.organizationId, params.id),
  )
  app.patch(
    '/preferences/:id',
    {
      schema: {
        tags,
        summary: 'Change a preference; values that are not sent are deleted',
        params,
        querystring,
        body: preferencePatch,
        response,
      },
    },
    async ({ caller, params, body }) => {
      refuseOtherId(body, params)
      return forgetting(libraries, caller, changePreference(db, caller.organizationId, params.id, body))
    },
  )
  app.delete(
    '/preferences/:id',
    {
      schema: {
        tags,
        summary: 'Delete a preference; events may still name it',
        params,
        querystring,
        response,
      },
    },
    async ({ caller, params }) =>
      forgetting(libraries, caller, deletePreference(db, caller.organizationId, params.id)),
  )
}

function treeRoutes(app: App, { db, libraries }: LibraryGround): void {
  const tags = ['config-trees']
  app.get(
    '/config-trees',
    {
      schema: {
        tags,
        summary: 'The organization’s tree, in a list of one',
        querystring,
        response: { 200: z.array(treeOutput) },
      },
    },
    async ({ caller: { organizationId } }) => [
      await showTree(db, organizationId, await readTree(db, organizationId)),
    ],
  )
  app.put(
    '/config-trees',
    {
      schema: {
        tags,
        summary: 'Replace the tree; nodes that stay keep their element ids',
        querystring,
        body: treeInput,
        response: { 200: treeOutput },
      },
    },
    async ({ caller, body }) => {
      const planted = await forgetting(libraries, caller, plantTree(db, caller.organizationId, body))
      return showTree(db, caller.organizationId, planted)
    },
  )
}

async function forgetting<T>(
  libraries: Libraries,
  caller: { organizationId: string },
  work: Promise<T>,
): Promise<T> {
  const done = await work
  libraries.forget(caller.organizationId)
  return done
}
