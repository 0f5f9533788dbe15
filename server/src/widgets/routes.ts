/** The door of this room: widgets, their parts, their themes, and publishing them. */
import { z } from 'zod'
import { ownQuery, idParams as params, refuseOtherId } from '../access/shapes.ts'
import { invalid } from '../http/errors.ts'
import { listQuery, pageInMemory, pageOf } from '../http/paging.ts'
import type { App } from '../http/server.ts'
import type { Database } from '../store/database.ts'
import { findDeployment, listDeployments, publish } from './deployments.ts'
import { entitiesOf } from './entities.ts'
import {
  componentOutput,
  componentPatch,
  deploymentInput,
  deploymentOutput,
  entityOutput,
  entityPatch,
  themeOutput,
  themePatch,
  widgetInput,
  widgetOutput,
  widgetPatch,
} from './schema.ts'
import { changeTheme, listThemes } from './themes.ts'
import {
  changeComponents,
  changeEntities,
  changeWidget,
  createWidget,
  findWidget,
  listWidgets,
  widgetOutputOf,
} from './widgets.ts'

export interface WidgetsGround {
  db: Database
  /** How browsers reach Heed. */
  publicUrl(): string
  /** After a change of what people see. */
  onPublished(organizationId: string): void
}

const fields = ['id', 'organization_id', 'name', 'format', 'template_id', 'archived', 'headless'] as const
const ofWidget = ownQuery.extend({ widget_id: z.string().min(1).max(64).describe('The widget') })

export function widgetRoutes(app: App, ground: WidgetsGround): void {
  editRoutes(app, ground)
  partRoutes(app, ground)
  themeRoutes(app, ground)
  deploymentRoutes(app, ground)
}

function editRoutes(app: App, { db, publicUrl, onPublished }: WidgetsGround): void {
  const tags = ['widgets']
  const response = { 200: widgetOutput }
  const querystring = ownQuery.extend({ $with: z.unknown().optional().describe('Taken and ignored') })
  app.post(
    '/widgets',
    { schema: { tags, summary: 'Create a widget', querystring: ownQuery, body: widgetInput, response } },
    async ({ caller, body }) =>
      widgetOutputOf(await createWidget(db, caller.organizationId, body), publicUrl()),
  )
  app.get(
    '/widgets',
    {
      schema: {
        tags,
        summary: 'List widgets',
        querystring: listQuery,
        response: { 200: pageOf(widgetOutput) },
      },
    },
    async ({ caller, query }) => {
      const widgets = await listWidgets(db, caller.organizationId)
      return pageInMemory(
        widgets.map(widget => widgetOutputOf(widget, publicUrl())),
        query,
        fields,
      )
    },
  )
  app.get(
    '/widgets/:id',
    { schema: { tags, summary: 'One widget, as it is edited', params, querystring, response } },
    async ({ caller, params }) =>
      widgetOutputOf(await findWidget(db, caller.organizationId, params.id), publicUrl()),
  )
  app.patch(
    '/widgets/:id',
    {
      schema: {
        tags,
        summary: 'Change a widget; people see it when it is published',
        params,
        querystring: ownQuery,
        body: widgetPatch,
        response,
      },
    },
    async ({ caller, params, body }) => {
      refuseOtherId(body, params)
      const changed = await changeWidget(db, caller.organizationId, params.id, body)
      // It may have been archived.
      onPublished(caller.organizationId)
      return widgetOutputOf(changed, publicUrl())
    },
  )
}

function partRoutes(app: App, { db }: WidgetsGround): void {
  const tags = ['widgets']
  app.patch(
    '/widgets/layout-components/:id',
    {
      schema: {
        tags,
        summary: 'Change texts and styles of one part',
        params,
        querystring: ofWidget,
        body: componentPatch,
        response: { 200: componentOutput },
      },
    },
    async ({ caller, params, query, body }) => {
      refuseOtherId(body, params)
      const patch = { ...body, id: params.id }
      const [changed] = await changeComponents(db, caller.organizationId, query.widget_id, [patch])
      return changed as z.output<typeof componentOutput>
    },
  )
  app.patch(
    '/widgets/layout-components',
    {
      schema: {
        tags,
        summary: 'Change several parts: all of them or none',
        querystring: ofWidget,
        body: z.array(componentPatch.extend({ id: z.string().min(1).max(64) })).max(500),
        response: { 200: z.array(componentOutput) },
      },
    },
    async ({ caller, query, body }) => changeComponents(db, caller.organizationId, query.widget_id, body),
  )
  app.get(
    '/widgets/preferences-centers/layout-entities',
    {
      schema: {
        tags,
        summary: 'The tree’s parts in a widget',
        querystring: listQuery,
        response: { 200: pageOf(entityOutput) },
      },
    },
    async ({ caller, query }) => {
      const { widget_id } = query
      if (typeof widget_id !== 'string') throw invalid({ widget_id: 'must be given' })
      const widget = await findWidget(db, caller.organizationId, widget_id)
      return pageInMemory(await entitiesOf(db, widget), query, ['id', 'widget_id', 'parent_id', 'enabled'])
    },
  )
  app.patch(
    '/widgets/preferences-centers/layout-entities/:id',
    {
      schema: {
        tags,
        summary: 'Show, hide or move one part of the tree in a widget',
        params,
        querystring: ofWidget,
        body: entityPatch,
        response: { 200: entityOutput },
      },
    },
    async ({ caller, params, query, body }) => {
      refuseOtherId(body, params)
      const patch = { ...body, id: params.id }
      const widget = await changeEntities(db, caller.organizationId, query.widget_id, [patch])
      return (await entitiesOf(db, widget)).find(({ id }) => id === params.id) as z.output<
        typeof entityOutput
      >
    },
  )
  app.patch(
    '/widgets/preferences-centers/layout-entities',
    {
      schema: {
        tags,
        summary: 'Show, hide or move several: all of them or none',
        querystring: ofWidget,
        body: z.array(entityPatch.extend({ id: z.string().min(1).max(64) })).max(500),
        response: { 200: z.array(entityOutput) },
      },
    },
    async ({ caller, query, body }) => {
      const widget = await changeEntities(db, caller.organizationId, query.widget_id, body)
      const changed = new Set(body.map(({ id }) => id))
      return (await entitiesOf(db, widget)).filter(({ id }) => changed.has(id))
    },
  )
}

function themeRoutes(app: App, { db }: WidgetsGround): void {
  const tags = ['widgets/themes']
  app.get(
    '/widgets/themes',
    { schema: { tags, summary: 'Themes', querystring: listQuery, response: { 200: pageOf(themeOutput) } } },
    async ({ caller, query }) =>
      pageInMemory(await listThemes(db, caller.organizationId), query, ['id', 'name', 'editable']),
  )
  app.patch(
    '/widgets/themes/:id',
    {
      schema: {
        tags,
        summary: 'Change the theme `custom`; colours that people could not read are refused',
        params,
        querystring: ownQuery,
        body: themePatch,
        response: { 200: themeOutput },
      },
    },
    async ({ caller, params, body }) => {
      refuseOtherId(body, params)
      return changeTheme(db, caller.organizationId, params.id, body)
    },
  )
}

function deploymentRoutes(app: App, { db, onPublished }: WidgetsGround): void {
  const tags = ['widgets/deployments']
  const response = { 200: deploymentOutput }
  app.post(
    '/widgets/deployments',
    {
      schema: {
        tags,
        summary: 'Publish a widget as it stands',
        querystring: ownQuery,
        body: deploymentInput,
        response,
      },
    },
    async ({ caller, body }) => {
      const published = await publish(db, caller, body.widget_id)
      onPublished(caller.organizationId)
      return published
    },
  )
  app.get(
    '/widgets/deployments',
    {
      schema: {
        tags,
        summary: 'What was published, newest first',
        querystring: ownQuery.extend({
          widget_id: z.string().max(64).optional(),
          version: z.coerce
            .number()
            .int()
            .min(1)
            .max(2 ** 31 - 1)
            .optional()
            .describe('The one that an event’s `shown` names'),
          $limit: z.coerce.number().int().min(0).max(100).default(50),
          $skip: z.coerce.number().int().min(0).default(0),
        }),
        response: { 200: pageOf(deploymentOutput) },
      },
    },
    async ({ caller, query: { widget_id: widgetId, version, $limit: limit, $skip: skip } }) => ({
      ...(await listDeployments(db, caller.organizationId, { widgetId, version, limit, skip })),
      limit,
      skip,
    }),
  )
  app.get(
    '/widgets/deployments/:id',
    {
      schema: {
        tags,
        summary: 'One publication, with all its texts',
        params,
        querystring: ownQuery,
        response,
      },
    },
    async ({ caller, params }) => findDeployment(db, caller.organizationId, params.id),
  )
}
