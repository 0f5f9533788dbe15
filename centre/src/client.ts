/** What the element asks of Heed. No cookie goes along, and nothing is kept in the browser. */
import type { PurposeChange } from './choices.ts'
import type { Widget } from './widget.ts'

export class Refused extends Error {
  readonly status: number
  constructor(status: number, message: string) {
    super(message)
    this.status = status
  }
}

export interface SavedEvent {
  id: string
  created_at: string
  status: 'confirmed' | 'pending_approval'
  consents: { purposes?: PurposeChange[] }
}

/** Since when a choice is recorded, and where it is in force. */
export interface Standing {
  purpose_id: string
  /** Absent: the purpose itself. */
  preference_id?: string
  event_id: string
  recorded_at: string
  places: readonly Place[]
}

export interface Place {
  name: string
  /** `unknown`: no record of the person there yet; `stuck`: somebody must mend something first. */
  state: 'there' | 'on_its_way' | 'unknown' | 'stuck'
  since?: string
}

/** What a person chose at one time, in the words that were shown. */
export interface Statement {
  id: string
  created_at: string
  status: 'confirmed' | 'pending_approval'
  /** Who said it for the person. */
  by?: string
  language: string
  /** Absent: the text that was shown is not known, and today's is used. */
  wording?: { version: number }
  sentences: readonly string[]
}

export interface Client {
  widget(address: string, language: string): Promise<Widget>
  choices(token: string): Promise<PurposeChange[]>
  standings(token: string): Promise<Standing[]>
  /** Newest first. */
  history(token: string, widget: Widget, skip: number): Promise<{ total: number; data: Statement[] }>
  /** @param organizationId a token of another organization is refused */
  save(token: string, organizationId: string, events: readonly object[]): Promise<SavedEvent[]>
  /** Sends a mail with a code, or with a link to this page. */
  ask(widget: Widget, email: string): Promise<unknown>
  redeem(widget: Widget, email: string, code: string): Promise<string>
}

/** @param origin where Heed is */
export function createClient(origin: string): Client {
  async function call<T>(path: string, { token, body }: { token?: string; body?: unknown } = {}): Promise<T> {
    const answer = await fetch(origin + path, {
      method: body === undefined ? 'GET' : 'POST',
      credentials: 'omit',
      headers: {
        ...(token ? { authorization: `Bearer ${token}` } : {}),
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    })
    const content = await answer.json().catch(() => ({}))
    if (!answer.ok) throw new Refused(answer.status, content.message ?? answer.statusText)
    return content
  }
  const asking = ({ key, auth, language }: Widget, more: Record<string, string> = {}) => {
    const { auth_provider_id: id } = auth
    return new URLSearchParams({ key, lang: language, ...(id ? { auth_provider_id: id } : {}), ...more })
  }
  return {
    widget: (address, language) =>
      call(address + (language ? `?${new URLSearchParams({ lang: language })}` : '')),
    async choices(token) {
      const { data } = await call<{ data: { consents: { purposes?: PurposeChange[] } }[] }>(
        '/v1/consents/users',
        { token },
      )
      return data[0]?.consents.purposes ?? []
    },
    async standings(token) {
      return (await call<{ data: Standing[] }>('/v1/consents/standing', { token })).data
    },
    history: (token, { widget_id, language }, skip) =>
      call(
        `/v1/consents/history?${new URLSearchParams({ widget_id, lang: language, $skip: String(skip) })}`,
        {
          token,
        },
      ),
    save: (token, organizationId, events) =>
      call(`/v1/consents/events?${new URLSearchParams({ organization_id: organizationId })}`, {
        token,
        body: events,
      }),
    ask: (widget, email) =>
      widget.auth.method === 'message'
        ? call(
            `/v1/auth/protocols/message/callback?${asking(widget, { id: email, privacy_center_url: location.href.split('#')[0] as string })}`,
          )
        : call(`/v1/auth/protocols/otp/generate?${asking(widget, { email })}`),
    async redeem(widget, email, code) {
      const { id_token } = await call<{ id_token: string }>(
        `/v1/auth/protocols/otp/verify?${asking(widget)}`,
        { body: { code, organization_user_id: email } },
      )
      return id_token
    },
  }
}
