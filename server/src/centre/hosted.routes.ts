/** The hosted page at `/c/{organization}/{widget}`: its addresses, and what stands behind each. */
import type { FastifyReply } from 'fastify'
import { createInForce } from '../deliver/inForce.ts'
import { notFound } from '../http/errors.ts'
import { SHOW_AGAIN } from '../http/languageSwitch.ts'
import type { App } from '../http/server.ts'
import type { Libraries } from '../library/libraries.ts'
import { refuseForeignForms } from '../signin/forms.ts'
import type { Database } from '../store/database.ts'
import { answerAsPages, send } from './answer.ts'
import { assetRoutes, themeRoute } from './assets.routes.ts'
import { askWho, type EntryGround, letIn, letOut } from './entry.ts'
import { WHOSE, whoseForm } from './form.ts'
import { showHistory } from './history.ts'
import type { SaveGround } from './save.ts'
import { readSession } from './session.ts'
import { showPreferences } from './show.ts'
import { submit, unsavedIn } from './submit.ts'
import { asChosen, type Guest, type PageRequest, personOf, text, type Visit, visitOf } from './visit.ts'

export interface CentreGround extends SaveGround, EntryGround {
  /** For what each view of the page asks: statements are planned once. */
  lookups: Database
  libraries: Libraries
}

/** For who is asked who they are instead of having their form saved. */
const NOT_SAVED = { not_saved: '' }

const open = { config: { open: true }, schema: { hide: true } }

export function hostedRoutes(app: App, ground: CentreGround): void {
  assetRoutes(app)
  void app.register(async pages => {
    takeForms(pages, ground)
    answerAsPages(pages)
    pageRoutes(pages, ground)
    themeRoute(pages, ground)
  })
}

/** Those of Heed's own pages alone. */
function takeForms(pages: App, { publicUrl }: CentreGround): void {
  pages.addContentTypeParser('application/x-www-form-urlencoded', { parseAs: 'string' }, (_, body, done) =>
    done(null, new URLSearchParams(String(body))),
  )
  pages.addHook('preHandler', async request => {
    if (request.method === 'POST') refuseForeignForms(request, publicUrl())
  })
}

function pageRoutes(pages: App, ground: CentreGround): void {
  const { db, lookups, libraries, personTokens } = ground
  const inForce = createInForce(lookups, libraries)

  pages.get('/c/*', open, async () => {
    throw notFound('page')
  })

  pages.get('/c/:organization/:widget', open, async (request: PageRequest, reply) => {
    const token = text(request.query.token)
    if (token !== undefined) return letIn(ground, reply, await visitOf(lookups, request), token)
    return signedIn(request, reply, async (visit, guest) =>
      send(reply, await showPreferences({ lookups, inForce }, visit, guest, request.query)),
    )
  })

  pages.post('/c/:organization/:widget', open, (request: PageRequest, reply) =>
    signedIn(request, reply, async (visit, guest) => {
      const form = request.body instanceof URLSearchParams ? request.body : new URLSearchParams()
      const whose = form.get(WHOSE)
      if (whose !== null && whose !== whoseForm(guest.grant.organizationUserId))
        return send(reply, await askWho(ground, visit, NOT_SAVED), 401)
      if (form.get('action') === SHOW_AGAIN) {
        const unsaved = await unsavedIn(lookups, visit, guest, form)
        const asked = { unsaved, wantsCopy: form.get('copy') === 'yes', saved: form.getAll('saved') }
        return send(reply, await showPreferences({ lookups, inForce }, visit, guest, asked))
      }
      return reply.redirect(await submit(ground, visit, guest, form), 303)
    }),
  )

  pages.get('/c/:organization/:widget/history', open, (request: PageRequest, reply) =>
    signedIn(request, reply, async (visit, guest) =>
      send(reply, await showHistory(db, visit, guest, request.query)),
    ),
  )

  pages.post('/c/:organization/:widget/sign-out', open, async (request: PageRequest, reply) =>
    letOut(ground, reply, await visitOf(lookups, request)),
  )

  async function signedIn(
    request: PageRequest,
    reply: FastifyReply,
    serve: (visit: Visit, guest: Guest) => Promise<FastifyReply>,
  ): Promise<FastifyReply> {
    const visit = await visitOf(lookups, request)
    const grant = await readSession(request, personTokens, visit.organizationId)
    if (!grant?.permissions.includes('read'))
      return send(
        reply,
        await askWho(ground, visit, request.method === 'POST' ? NOT_SAVED : request.query),
        401,
      )
    const guest = { grant, person: await personOf(lookups, grant) }
    return serve({ ...asChosen(visit, guest), user: grant.organizationUserId }, guest)
  }
}
