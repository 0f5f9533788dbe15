/** The hosted page at `/c/{organization}/{widget}`. */
import type { FastifyError, FastifyReply, FastifyRequest } from 'fastify'
import { findOrganization } from '../access/organizations.ts'
import type { PersonGrant, PersonTokens } from '../access/personTokens.ts'
import type { Place } from '../deliver/inForce.ts'
import { createInForce } from '../deliver/inForce.ts'
import { errorKinds, heard, notFound, Refusal } from '../http/errors.ts'
import type { Html } from '../http/html.ts'
import { chooseLanguage } from '../http/languages.ts'
import type { App } from '../http/server.ts'
import type { Libraries } from '../library/libraries.ts'
import { readTree } from '../library/plant.ts'
import { mailAddress } from '../mail/emails.schema.ts'
import { enqueue } from '../mail/outbox.ts'
import type { RecordedEvent } from '../record/event.ts'
import { readEventsOf, readStanding, recordedEventOf } from '../record/log.ts'
import { findPerson, type UserRow } from '../record/people.ts'
import type { PurposeChoice } from '../resolve/event.ts'
import { type Registers, registerPath } from '../resolve/status.ts'
import { refuseForeignForms } from '../signin/forms.ts'
import type { Database } from '../store/database.ts'
import { readPublished } from '../widgets/deployments.ts'
import type { Snapshot } from '../widgets/snapshot.ts'
import { assets, themeOf } from './assets.ts'
import { sentencesOf } from './changes.ts'
import { changesIn } from './form.ts'
import { historyPage } from './history.ts'
import { faultPage, preferencesPage, type Receipt, type Shown, signInPage } from './page.ts'
import { providerOfWidget } from './provider.ts'
import { type SaveGround, save } from './save.ts'
import { readSession, SESSION_SECONDS, setSession } from './session.ts'
import { spokenLanguages, textsIn } from './texts.ts'
import { choicesOf, viewOf } from './view.ts'

export interface CentreGround extends SaveGround {
  /** For what each view of the page asks: statements are planned once. */
  lookups: Database
  libraries: Libraries
  personTokens: PersonTokens
  publicUrl(): string
}

const REGULATION = 'gdpr'
const HISTORY_PAGE = 50
const FOREVER = 'public, max-age=31536000, immutable'

const SECURITY = {
  'content-security-policy':
    "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; img-src 'self' https: data:; form-action 'self'; frame-ancestors 'none'; base-uri 'none'",
  'referrer-policy': 'same-origin',
  'x-content-type-options': 'nosniff',
  'cache-control': 'no-store',
}

interface Visit extends Shown {
  organizationId: string
  widgetId: string
}

type Request = FastifyRequest<{
  Params: { organization: string; widget: string; event?: string; version?: string }
  Querystring: Record<string, unknown>
}>

export function hostedRoutes(app: App, ground: CentreGround): void {
  const { db, lookups, libraries, personTokens, publicUrl } = ground
  const inForce = createInForce(lookups, libraries)
  const open = { config: { open: true }, schema: { hide: true } }

  for (const { path, type, text } of assets)
    app.get(path, open, async (_, reply) =>
      reply
        .headers({ 'content-type': type, 'cache-control': FOREVER, 'x-content-type-options': 'nosniff' })
        .serializer(body => body as string)
        .send(text),
    )

  void app.register(async pages => {
    pages.addContentTypeParser('application/x-www-form-urlencoded', { parseAs: 'string' }, (_, body, done) =>
      done(null, new URLSearchParams(String(body))),
    )
    pages.addHook('onSend', async (_, reply) => {
      for (const [name, value] of Object.entries(SECURITY))
        if (!reply.hasHeader(name)) reply.header(name, value)
    })

    // Programs get what they get everywhere.
    pages.setErrorHandler((error: FastifyError, request: Request, reply) => {
      if (!request.headers.accept?.includes('text/html')) throw error
      const { kind, headers } = heard(error, request)
      const language = chooseLanguage({
        asked: text(request.query.lang),
        acceptLanguage: request.headers['accept-language'],
        available: spokenLanguages,
        fallback: 'en',
      })
      const isForm = request.method === 'POST'
      return send(reply.headers(headers), faultPage(language, kind, isForm), errorKinds[kind].status)
    })
    pages.get('/c/*', open, async () => {
      throw notFound('page')
    })

    pages.get('/c/:organization/:widget', open, async (request: Request, reply) => {
      const visit = await visitOf(request)
      const token = text(request.query.token)
      if (token !== undefined) return exchange(reply, visit, token)
      const person = await readSession(request, personTokens, visit.organizationId)
      if (!person) return send(reply, await signIn(visit, request), 401)
      return send(reply, await preferences(visit, person, request))
    })

    pages.post('/c/:organization/:widget', open, async (request: Request, reply) => {
      refuseForeignForms(request, publicUrl())
      const visit = await visitOf(request)
      const person = await readSession(request, personTokens, visit.organizationId)
      if (!person) return send(reply, await signIn(visit, request), 401)
      if (!person.permissions.includes('write'))
        throw new Refusal('forbidden', 'the token does not allow to write')
      const form = request.body instanceof URLSearchParams ? request.body : new URLSearchParams()
      const registers = registersOf(await personOf(person))
      const isEverything = form.get('action') === 'unsubscribe_all'
      const changes = isEverything
        ? await everythingOff(visit.organizationId, registers)
        : changesIn(form, viewOf(visit.snapshot, registers))
      const { version, language } = visit
      const recorded = await save(
        ground,
        person,
        changes,
        { widget_id: visit.widgetId, version, language },
        { doubleOptIn: visit.snapshot.doubleOptIn },
      )
      if (form.get('copy') === 'yes') await mailCopy(visit, person, recorded)
      const query = new URLSearchParams({ lang: language })
      for (const { id } of recorded) query.append('saved', id)
      if (recorded.length === 0) query.set('unchanged', isEverything ? 'all' : '')
      return reply.redirect(`${visit.path}?${query}`, 303)
    })

    pages.get('/c/:organization/:widget/history', open, async (request: Request, reply) => {
      const visit = await visitOf(request)
      const person = await readSession(request, personTokens, visit.organizationId)
      if (!person) return send(reply, await signIn(visit, request), 401)
      return send(reply, await history(visit, person))
    })

    pages.post('/c/:organization/:widget/sign-out', open, async (request: Request, reply) => {
      refuseForeignForms(request, publicUrl())
      const visit = await visitOf(request)
      setSession(reply, { organizationId: visit.organizationId, token: undefined, publicUrl: publicUrl() })
      return reply.redirect(`${visit.path}?lang=${encodeURIComponent(visit.language)}&signed_out`, 303)
    })

    pages.get('/c/:organization/:widget/theme-:version.css', open, async (request: Request, reply) => {
      const { organization, widget, version } = request.params
      const number = Number(version)
      const found =
        Number.isInteger(number) && number > 0 && number < 2 ** 31
          ? await readPublished(db, organization, widget, number)
          : undefined
      if (!found) throw notFound('theme')
      return reply
        .headers({ 'content-type': 'text/css; charset=utf-8', 'cache-control': FOREVER })
        .serializer(body => body as string)
        .send(themeOf(found.snapshot.colors))
    })
  })

  async function visitOf(request: Request): Promise<Visit> {
    const { organization: organizationId, widget: widgetId } = request.params
    const published = await readPublished(lookups, organizationId, widgetId)
    if (!published || published.snapshot.headless) throw notFound('preference centre')
    const { languages: available, defaultLanguage: fallback } = published.snapshot
    const language = chooseLanguage({
      asked: text(request.query.lang),
      acceptLanguage: request.headers['accept-language'],
      available,
      fallback,
    })
    const path = `/c/${encodeURIComponent(organizationId)}/${encodeURIComponent(widgetId)}`
    return { ...published, organizationId, widgetId, language, path }
  }

  /** The address loses its token, so that it stays neither in the history nor in what is copied from there. */
  async function exchange(reply: FastifyReply, visit: Visit, token: string) {
    const grant = await personTokens.verify(token).catch(() => undefined)
    const query = `?lang=${encodeURIComponent(visit.language)}`
    if (grant?.organizationId !== visit.organizationId)
      return reply.redirect(`${visit.path}${query}&expired`, 303)
    setSession(reply, {
      organizationId: visit.organizationId,
      token: await personTokens.seal(grant, SESSION_SECONDS),
      publicUrl: publicUrl(),
    })
    return reply.redirect(`${visit.path}${query}`, 303)
  }

  /** A mail shows who somebody is, or a token of the organization's own back end: as the widget says. */
  async function signIn(visit: Visit, { query }: Request): Promise<Html> {
    const { organizationId, language, snapshot, path } = visit
    const texts = textsIn(language)
    const note =
      'expired' in query ? texts.signInExpired : 'signed_out' in query ? texts.signedOut : undefined
    const way = snapshot.auth.method === 'server' ? undefined : await wayOf(organizationId, snapshot.auth)
    return signInPage(visit, {
      note,
      action:
        way &&
        `/v1/auth/sign-in?${new URLSearchParams({ ...way, to: `${publicUrl()}${path}?lang=${language}`, lang: language })}`,
    })
  }

  async function wayOf(organizationId: string, auth: Snapshot['auth']) {
    const { public_api_key: key } = await findOrganization(db, organizationId)
    const id = await providerOfWidget(db, organizationId, auth)
    return { key, ...(id === undefined ? {} : { auth_provider_id: id }) }
  }

  const personOf = (grant: PersonGrant): Promise<UserRow | undefined> =>
    findPerson(db, grant.organizationId, { organizationUserId: grant.organizationUserId })

  async function preferences(visit: Visit, grant: PersonGrant, { query }: Request): Promise<Html> {
    const texts = textsIn(visit.language)
    const person = await personOf(grant)
    const purposes = viewOf(visit.snapshot, registersOf(person))
    const places: ReadonlyMap<string, readonly Place[]> = person
      ? await inForce.of(
          { organizationId: person.organization_id, id: person.id },
          REGULATION,
          choicesOf(purposes),
        )
      : new Map()
    const message =
      query.unchanged === undefined
        ? undefined
        : query.unchanged === 'all'
          ? texts.nothingLeft
          : texts.savedNothing
    const hasMailbox = mailAddress.safeParse(grant.organizationUserId).success
    return preferencesPage({ ...visit, hasMailbox }, purposes, places, {
      receipt: await receiptOf(visit, person, query.saved),
      message,
    })
  }

  async function receiptOf(
    visit: Visit,
    person: UserRow | undefined,
    saved: unknown,
  ): Promise<Receipt | undefined> {
    const ids = [saved]
      .flat()
      .filter((id): id is string => typeof id === 'string')
      .slice(0, 2)
    if (!person || ids.length === 0) return undefined
    const rows = await readStanding(
      db,
      ids.map(id => ({ organizationId: visit.organizationId, id })),
    )
    const events = rows.filter(row => row.person_id === person.id && row.body !== null).map(recordedEventOf)
    const [first] = events
    if (!first) return undefined
    return {
      id: events.map(({ id }) => id).join(', '),
      at: first.createdAt,
      sentences: events.flatMap(({ body }) => sentencesOf(body.consents, visit.snapshot, visit.language)),
      isPending: events.some(({ status }) => status === 'pending_approval'),
    }
  }

  /** To the person's own mailbox and no other: the page takes no address. */
  async function mailCopy(
    visit: Visit,
    person: PersonGrant,
    recorded: readonly RecordedEvent[],
  ): Promise<void> {
    const { organizationId, organizationUserId: to } = person
    if (recorded.length === 0 || !mailAddress.safeParse(to).success) return
    const { snapshot, language, path } = visit
    const list = recorded.flatMap(({ body }) => sentencesOf(body.consents, snapshot, language)).join('\n')
    const parameters = { list, url: `${publicUrl()}${path}` }
    // What was chosen is saved and stays so: one copy too many is not sent, and nothing is refused.
    const isOneTooMany = await ground.personLimits.take(person, 'copies').then(
      () => false,
      error => error instanceof Refusal || Promise.reject(error),
    )
    if (isOneTooMany) return
    await enqueue(db, { organizationId, templateId: 'confirm-consent-changed', to, language, parameters })
  }

  async function history(visit: Visit, grant: PersonGrant): Promise<Html> {
    const person = await personOf(grant)
    const { rows } = person
      ? await readEventsOf(db, {
          organizationId: visit.organizationId,
          personId: person.id,
          statuses: ['confirmed', 'pending_approval'],
          regulations: [REGULATION],
          limit: HISTORY_PAGE,
          skip: 0,
        })
      : { rows: [] }
    return historyPage(visit, rows.map(recordedEventOf), version =>
      readPublished(db, visit.organizationId, visit.widgetId, version),
    )
  }

  /** Every purpose of the tree, shown here or not, that the person has not refused. */
  async function everythingOff(organizationId: string, registers: Registers): Promise<PurposeChoice[]> {
    const tree = await readTree(db, organizationId)
    return (tree?.selected_purposes ?? [])
      .map(({ purpose_id }) => purpose_id)
      .filter(id => registers[registerPath('purposes', id, 'enabled')]?.[0] !== false)
      .map(id => ({ id, enabled: false }))
  }
}

const registersOf = (person: UserRow | undefined): Registers => person?.status.regulations[REGULATION] ?? {}

const text = (value: unknown): string | undefined =>
  typeof value === 'string' && value !== '' && value.length <= 8192 ? value : undefined

const send = (reply: FastifyReply, page: Html, status = 200) =>
  reply
    .status(status)
    .headers({ 'content-type': 'text/html; charset=utf-8' })
    .serializer(body => body as string)
    .send(page.text)
