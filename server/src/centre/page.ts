/** The hosted page: what a person chose, to see and to change. Works as a plain form. */
import type { Place } from '../deliver/inForce.ts'
import type { ErrorKind } from '../http/errors.ts'
import { type Content, type Html, html } from '../http/html.ts'
import { fill } from '../http/texts.ts'
import { card, titleId } from './cards.ts'
import { page } from './frame.ts'
import { optionsOf } from './options.ts'
import { picture } from './pictures.ts'
import { type Ground, groundOf, marks, type Shown } from './shown.ts'
import { signInTextsIn, type Texts, textsIn } from './texts.ts'
import { timed } from './time.ts'
import type { PurposeView } from './view.ts'

export interface Receipt {
  /** Of events. */
  ids: readonly string[]
  at: Date
  sentences: readonly Content[]
  isPending: boolean
}

interface Notice {
  receipt: Receipt | undefined
  /** A mail asks to confirm what of the receipt waits. */
  isAsked: boolean
  messages: readonly string[]
  /** A copy of the receipt has been sent already. */
  isCopied: boolean
}

export function preferencesPage(
  shown: Shown,
  purposes: readonly PurposeView[],
  places: ReadonlyMap<string, readonly Place[]>,
  notice: Notice,
): Html {
  const ground = groundOf(shown, places)
  const { texts, path, language } = ground
  const action = `${path}?lang=${encodeURIComponent(language)}`
  const savesTogether = shown.snapshot.template !== 'sections'
  const ways = html`<p class="more"><a href="${path}/history?lang=${encodeURIComponent(language)}">${texts.history}</a></p>
<form method="post" action="${path}/sign-out?lang=${encodeURIComponent(language)}" class="out">${shown.hasMailbox && !shown.snapshot.look?.isUserShown && shown.user && signedInAs(shown.user, texts)}
<button class="link">${texts.signOut}</button>
</form>`
  if (shown.isReadOnly)
    return framed(
      ground,
      html`<p class="notice">${texts.readOnly}</p>${purposes.map(one => card(ground, one))}${ways}`,
      {},
    )
  return framed(
    ground,
    html`
${noticeOf(ground, notice, action)}
<form id="${CHOICES}" method="post" action="${action}" data-failed="${texts.failed}" data-signed-out="${texts.notSavedYet}" data-too-often="${texts.tooOften}"${savesTogether && html` data-live="all"`}>${marks(ground)}${saved(notice)}${
      savesTogether
        ? [purposes.map(one => card(ground, one)), saveBar(ground)]
        : purposes.map(one => partOf(ground, one))
    }</form>
<form method="post" action="${action}" class="all">${marks(ground)}
<button name="action" value="unsubscribe_all" class="quiet">${texts.unsubscribeAll}</button>
</form>
${ways}`,
    { formId: CHOICES, ...(notice.receipt ? { title: texts.receipt } : {}) },
  )
}

/** The form in which everything is chosen. */
const CHOICES = 'choices'

/** A page without choices: who are you, what went wrong, what was before. */
export const plainPage = (shown: Shown, title: string, main: Content, path = shown.path): Html =>
  framed(groundOf(shown, new Map()), html`<h2>${title}</h2>${main}`, { path, title })

/** Where there is no widget to stand in, or none could be read. */
export function faultPage(language: string, kind: ErrorKind, isForm: boolean): Html {
  const texts = textsIn(language)
  const [title, more] =
    kind === 'not_found'
      ? [texts.notFound, texts.notFoundCure]
      : [
          isForm ? (kind === 'too_many_requests' ? texts.tooOften : texts.failed) : texts.unavailable,
          undefined,
        ]
  return page(
    { title, language, languages: [], path: '', shape: 'smoothed' },
    html`<h1>${title}</h1>${more && html`<p>${more}</p>`}`,
  )
}

/** @param way.action where a mail is asked for; absent: the organization itself signs people in */
export function signInPage(
  shown: Shown,
  { note, action }: { note: string | undefined; action: string | undefined },
): Html {
  const texts = textsIn(shown.language)
  const say = signInTextsIn(shown.language)
  return plainPage(
    shown,
    texts.signInTitle,
    html`${note ? html`<p class="notice" role="status">${note}</p>` : ''}
${
  action
    ? html`<form method="post" action="${action}">
<p><label class="field" for="email">${say.emailLabel}</label>
<input id="email" name="email" type="email" autocomplete="email" required maxlength="254" dir="ltr"></p>
<p class="fine">${say.mailComes}</p>
<p><button>${say.send}</button></p>
</form>`
    : html`<p>${texts.signInByToken}</p>`
}`,
  )
}

interface Here {
  path?: string
  formId?: string
  /** What it is about, first in the title: that is read aloud when it has loaded. */
  title?: string
}

function framed(ground: Ground, main: Content, { title: about, ...here }: Here): Html {
  const { snapshot, version, language, path, texts, say, tell, user } = ground
  const { title, introduction, footer } = snapshot.texts
  const heading = title ? say(title) : texts.title
  const icon = picture(snapshot, language, { type: 'footer', part: 'icon' }, 'icon')
  return page(
    {
      title: about === undefined ? heading : `${about} – ${heading}`,
      ...{ language, languages: snapshot.languages, path, shape: snapshot.shape },
      ...here,
      themePath: `${path}/theme-${version}.css`,
      header: html`${picture(snapshot, language, { type: 'header', part: 'bannerImage' }, 'banner')}
${picture(snapshot, language, { type: 'header', part: 'logo' }, 'logo')}
<h1 class="title">${title ? tell(title) : texts.title}</h1><p class="introduction">${introduction ? tell(introduction) : texts.introduction}</p>${snapshot.look?.isUserShown && user && signedInAs(user, texts)}`,
      footer: (icon || footer) && html`${icon}${footer ? html`<p class="text">${tell(footer)}</p>` : ''}`,
    },
    main,
  )
}

function signedInAs(user: string, texts: Texts): Html {
  const [before = '', after = ''] = texts.signedInAs.split('{name}')
  return html`<p class="user">${before}<bdi>${user}</bdi>${after}</p>`
}

const saved = ({ receipt }: Notice): Content =>
  receipt?.ids.map(id => html`<input type="hidden" name="saved" value="${id}">`)

function noticeOf(ground: Ground, notice: Notice, action: string): Content {
  const { texts, language, hasMailbox } = ground
  const { receipt, isAsked, messages, isCopied } = notice
  if (!receipt) return messages.length > 0 && html`<p class="notice" role="status">${messages.join(' ')}</p>`
  return html`<section class="notice" role="status" aria-labelledby="receipt">
<h2 id="receipt">${texts.receipt}</h2>
<ul>${receipt.sentences.map(sentence => html`<li>${sentence}</li>`)}</ul>
${receipt.isPending && html`<p><strong>${isAsked ? texts.confirmByMail : texts.notAsked}</strong></p>`}
${messages.map(message => html`<p><strong>${message}</strong></p>`)}
<p class="fine">${timed(texts.receiptAt, { id: receipt.ids.join(', ') }, receipt.at, language)}</p>
${hasMailbox && !isCopied && html`<form method="post" action="${action}" class="copy">${marks(ground)}${saved(notice)}<button name="action" value="copy" class="link">${texts.copy}</button></form>`}
</section>`
}

function saveBar({ texts, snapshot, say, tell }: Ground): Content {
  const { save, pending } = snapshot.texts
  const one = pending ? fill(say(pending), { numberOfPendingConsent: '{number}' }) : undefined
  return html`<p class="save bar"><button name="action" value="save">${save ? tell(save) : texts.saveAll}</button>
<output aria-live="polite" data-none="${texts.pendingNone}" data-one="${one ?? texts.pendingOne}" data-many="${one ?? texts.pendingMany}"></output></p>`
}

/** A section with its own button. Where scripts run it saves that section; as a plain form it loses nothing of the others. */
function partOf(ground: Ground, view: PurposeView): Html {
  const { texts, snapshot } = ground
  const { saveOnClick } = optionsOf(snapshot, view.purpose.elementId)
  return html`<div data-live="${saveOnClick ? 'each' : 'all'}">${card(ground, view)}<p class="save"><button name="action" value="save" aria-describedby="${titleId(view.purpose)}">${texts.save}</button> <output aria-live="polite" data-none="" data-one="${texts.pendingOne}" data-many="${texts.pendingMany}"></output></p></div>`
}
