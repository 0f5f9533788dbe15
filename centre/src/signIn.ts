/** Who is it: an address, then the code that was mailed there. */
import { type Client, Refused, type Widget } from '@heed/client'
import { h } from './dom.ts'

export interface SignIn {
  client: Client
  widget: Widget
  say(text: string): void
  onFailed(error: unknown): void
  onToken(token: string): void
}

export function signIn(ground: SignIn): HTMLElement {
  const { widget } = ground
  const { texts } = widget
  const place = h('div', {}, h('h3', { tabindex: '-1' }, texts.signInTitle))
  place.append(widget.auth.method === 'server' ? h('p', {}, texts.signInByToken) : askAddress(ground, place))
  return place
}

function askAddress({ client, widget, ...ground }: SignIn, place: HTMLElement): HTMLElement {
  const { texts } = widget
  const input = field('email', { type: 'email', autocomplete: 'email', maxlength: '254' })
  const submit = async () => {
    const email = input.value.trim()
    await client.ask(widget, email)
    if (widget.auth.method === 'message') return ground.say(texts.sentText)
    place.replaceChildren(h('h3', {}, texts.codeTitle), askCode({ client, widget, ...ground }, email, place))
    place.querySelector('input')?.focus()
    ground.say(texts.codeText)
  }
  return form(ground, {
    ...{ input, submit, texts },
    ...{ label: texts.emailLabel, send: texts.send, invalid: texts.badEmail },
  })
}

function askCode({ client, widget, ...ground }: SignIn, email: string, place: HTMLElement): HTMLElement {
  const { texts } = widget
  const input = field('code', {
    type: 'text',
    inputmode: 'numeric',
    autocomplete: 'one-time-code',
    pattern: ' *[0-9]{6} *',
    maxlength: '16',
  })
  const submit = async () => ground.onToken(await client.redeem(widget, email, input.value.trim()))
  const again = h(
    'button',
    {
      type: 'button',
      class: 'quiet',
      part: 'button again',
      click: () => {
        place.replaceWith(signIn({ client, widget, ...ground }))
      },
    },
    texts.again,
  )
  return form(ground, {
    ...{ input, submit, texts, more: again },
    ...{ label: texts.codeLabel, send: texts.codeSend, invalid: texts.codeWrong },
  })
}

const field = (id: string, attributes: Record<string, string>): HTMLInputElement =>
  h('input', { id, part: 'input', required: true, dir: 'ltr', ...attributes })

function form(
  { say, onFailed }: Pick<SignIn, 'say' | 'onFailed'>,
  {
    input,
    label,
    send,
    submit,
    texts,
    invalid,
    more,
  }: {
    input: HTMLInputElement
    label: string
    send: string
    submit(): Promise<void>
    texts: Widget['texts']
    invalid: string
    more?: HTMLElement
  },
): HTMLElement {
  let isBusy = false
  return h(
    'form',
    {
      part: 'sign-in',
      submit: async event => {
        event.preventDefault()
        if (isBusy) return
        isBusy = true
        try {
          await submit()
        } catch (error) {
          const status = error instanceof Refused ? error.status : 0
          say(status === 429 ? texts.tooOften : status === 400 ? invalid : texts.failed)
          onFailed(error)
        } finally {
          isBusy = false
        }
      },
    },
    h('p', {}, h('label', { class: 'field', for: input.id }, label), input),
    h('p', { class: 'bar' }, h('button', { part: 'button send' }, send), more),
  )
}
