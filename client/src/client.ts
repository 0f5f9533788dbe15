/** What a page asks of Heed for a person. No cookie goes along, and nothing is kept in the browser. */
import { eventsOf, partsOf, takenBackIn } from './events.ts'
import type { PurposeChange, SavedEvent, Standings, Statement } from './person.ts'
import type { Widget } from './widget.ts'

/** Heed's answer, where it is not the one asked for. */
export class Refused extends Error {
  readonly status: number
  /** Recorded all the same, where a part of what was to be saved could not be. */
  saved: readonly SavedEvent[] = []
  /** What can never be saved. */
  faults: readonly PurposeChange[] = []
  constructor(status: number, message: string) {
    super(message)
    this.status = status
  }
}

export interface History {
  total: number
  data: Statement[]
}

/** Whatever is refused rejects with `Refused`: 401 a token that is no more, 403 one of another organization, 429 too often. */
export interface Client {
  /** Whose choices are read and saved. Taken from `redeem`, `takeToken()` or your back end (`POST /v1/consents/tokens`). */
  token: string | undefined
  /**
   * @param path `organization/widget`, or a whole path from `/` on
   * @param language default: what the browser asks for
   */
  widget(path: string, language?: string): Promise<Widget>
  /** Purposes that the person has said something of. */
  choices(organizationId: string): Promise<PurposeChange[]>
  /** Whose the token is; since when each choice is recorded, where it is in force, and what waits for a confirmation. */
  standings(organizationId: string): Promise<Standings>
  /** What was chosen before, newest first. */
  history(widget: Widget, skip?: number): Promise<History>
  /**
   * Records changes with the text that was shown; with the widget's double opt-in, what is accepted as pending. What is refused
   * waits for nothing: where a limit or a fault keeps the rest out it is recorded alone, and `Refused` says so (`saved`).
   */
  save(widget: Widget, changes: readonly PurposeChange[]): Promise<SavedEvent[]>
  /**
   * Mails a code, or a link, as the widget says.
   * @param returnTo where the link leads; default: this page. One of the organization's hosts
   */
  ask(widget: Widget, email: string, returnTo?: string): Promise<void>
  /** Gives a token for the code, and goes on with it. */
  redeem(widget: Widget, email: string, code: string): Promise<string>
}

/** @param origin where Heed is: `https://heed.example.com` */
export function createClient(origin: string, token?: string): Client {
  async function call<T>(
    path: string,
    query: Record<string, string>,
    body?: unknown,
    isOpen = false,
  ): Promise<T> {
    const parameters = new URLSearchParams(query).toString()
    const answer = await fetch(origin + path + (parameters && `?${parameters}`), {
      method: body === undefined ? 'GET' : 'POST',
      credentials: 'omit',
      headers: {
        ...(client.token && !isOpen ? { authorization: `Bearer ${client.token}` } : {}),
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    })
    const content = await answer.json().catch(() => ({}))
    if (!answer.ok) throw new Refused(answer.status, content.message ?? answer.statusText)
    return content
  }
  const open = <T>(path: string, query: Record<string, string>, body?: unknown) =>
    call<T>(path, query, body, true)
  const asking = ({ key, auth, language }: Widget) => {
    const { auth_provider_id: id } = auth
    return { key, lang: language, ...(id ? { auth_provider_id: id } : {}) }
  }
  const client: Client = {
    token,
    widget: (path, language) => {
      const address = path.startsWith('/')
        ? path
        : `/c/${path.split('/').map(encodeURIComponent).join('/')}/widget.json`
      return open(address, language ? { lang: language } : {})
    },
    async choices(organization_id) {
      const { data } = await call<{ data: { consents: { purposes?: PurposeChange[] } }[] }>(
        '/v1/consents/users',
        { organization_id },
      )
      return data[0]?.consents.purposes ?? []
    },
    standings: organization_id => call('/v1/consents/standing', { organization_id }),
    history: ({ organization_id, widget_id, language }, skip = 0) =>
      call('/v1/consents/history', { organization_id, widget_id, lang: language, $skip: String(skip) }),
    async save(widget, changes) {
      const { organization_id } = widget
      const send = (some: readonly PurposeChange[]) =>
        call<SavedEvent[]>('/v1/consents/events', { organization_id }, eventsOf(widget, some))
      try {
        return await send(changes)
      } catch (error) {
        if (!(error instanceof Refused)) throw error
        if (error.status === 429) {
          const before = await client.choices(organization_id).catch(() => [])
          const rest = takenBackIn(widget, changes, before)
          if (rest.length > 0) error.saved = await send(rest)
        }
        // Which is at fault, each tells by itself.
        if (error.status === 400)
          for (const part of partsOf(changes))
            try {
              error.saved = [...error.saved, ...(await send([part]))]
            } catch (why) {
              if (why instanceof Refused && why.status === 400) error.faults = [...error.faults, part]
            }
        throw error
      }
    },
    async ask(widget, email, returnTo) {
      if (widget.auth.method !== 'message')
        return open('/v1/auth/protocols/otp/generate', { ...asking(widget), email })
      const privacy_center_url = returnTo ?? (location.href.split('#')[0] as string)
      return open('/v1/auth/protocols/message/callback', { ...asking(widget), id: email, privacy_center_url })
    },
    async redeem(widget, email, code) {
      const { id_token } = await open<{ id_token: string }>('/v1/auth/protocols/otp/verify', asking(widget), {
        ...{ code, organization_user_id: email },
      })
      client.token = id_token
      return id_token
    },
  }
  return client
}
