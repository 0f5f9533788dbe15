/** What people see of a link: what it will do, what it has done, and that it can do nothing any more. */
import type { FastifyReply } from 'fastify'
import type { OrganizationOutput } from '../access/organizations.ts'
import { type Content, html } from '../http/html.ts'
import { fill } from '../http/texts.ts'
import { allowedAddress } from './addresses.ts'
import { type Speech, sendPage } from './page.ts'
import type { Statement } from './statement.ts'

export interface Shown {
  organization: OrganizationOutput
  statements: readonly Statement[]
  isUnsubscribe: boolean
  /** Of the widget where it was chosen: pages about it look the same. */
  themePath?: string | undefined
  /** Where the forms of the page go; absent: to the page's own address. */
  action?: string | undefined
}

export function sendQuestion(reply: FastifyReply, speech: Speech, shown: Shown, leadsTo: string | undefined) {
  const { say } = speech
  const body = html`<p>${fill(say.aboutTo, { organization: shown.organization.name })}</p>
${listOf(speech, shown.statements)}
${formOf(shown, html`<button>${shown.isUnsubscribe ? say.unsubscribe : say.confirm}</button>`)}`
  return sendPage(reply, dressed(speech, shown), { title: say.aboutToTitle, body, leadsTo })
}

export function sendReceipt(reply: FastifyReply, speech: Speech, shown: Shown, publicUrl: string) {
  const { say } = speech
  const undo = html`<button class="second" name="undo" value="1">${say.undo}</button>`
  const body = html`<p>${fill(say.doneText, { organization: shown.organization.name })}</p>
${listOf(speech, shown.statements)}
${shown.isUnsubscribe && formOf(shown, undo)}
${wayOn(speech, shown.organization, publicUrl)}`
  return sendPage(reply, dressed(speech, shown), { title: say.doneTitle, body, path: shown.action })
}

export function sendUndone(reply: FastifyReply, speech: Speech, shown: Shown, path: string) {
  const body = html`<p>${fill(speech.say.undoneText, { organization: shown.organization.name })}</p>`
  return sendPage(reply, dressed(speech, shown), { title: speech.say.undoneTitle, body, path })
}

export function sendNotUnsubscribe(reply: FastifyReply, speech: Speech) {
  const body = html`<p>${speech.say.notUnsubscribe}</p>`
  return sendPage(reply, speech, { status: 400, title: speech.say.aboutToTitle, body })
}

export function sendUnknown(reply: FastifyReply, speech: Speech) {
  const body = html`<p>${speech.say.unknownText}</p>`
  return sendPage(reply, speech, { status: 404, title: speech.say.unknownTitle, body })
}

export function sendExpired(
  reply: FastifyReply,
  speech: Speech,
  organization: OrganizationOutput,
  publicUrl: string,
) {
  const body = html`<p>${speech.say.expiredText}</p>
${wayOn(speech, organization, publicUrl)}`
  return sendPage(reply, speech, { status: 410, title: speech.say.expiredTitle, body })
}

/** To the sign-in page, where there is somewhere to sign in to. */
function wayOn({ say, language }: Speech, organization: OrganizationOutput, publicUrl: string): Content {
  const center = organization.preference_center_url
  if (!center || !allowedAddress(center, organization, publicUrl)) return undefined
  const query = new URLSearchParams({ key: organization.public_api_key, lang: language })
  return html`<p><a href="/v1/auth/sign-in?${query.toString()}">${say.wayOn}</a></p>`
}

const dressed = (speech: Speech, { themePath }: Shown): Speech => ({ ...speech, themePath })

const listOf = ({ say }: Speech, statements: readonly Statement[]): Content =>
  statements.length > 0 &&
  html`<ul>
${statements.map(({ says, name }) => html`<li>${fill(say[says], { name })}</li>`)}
</ul>`

const formOf = ({ action }: Shown, content: Content): Content =>
  action
    ? html`<form method="post" action="${action}">${content}</form>`
    : html`<form method="post">${content}</form>`
