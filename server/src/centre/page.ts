/** The hosted page: what a person chose, to see and to change. Works as a plain form. */

import type { Place } from '../deliver/inForce.ts'
import type { ErrorKind } from '../http/errors.ts'
import { type Content, type Html, html } from '../http/html.ts'
import { fill, inLanguage, type Texts as OfLanguages } from '../http/texts.ts'
import type { Snapshot, SnapshotPurpose } from '../widgets/snapshot.ts'
import {
  AS_SHOWN,
  asShown,
  fieldOf,
  shownFieldOf,
  shownPreference,
  shownPurpose,
  WHOSE,
  whoseForm,
} from './form.ts'
import { page } from './frame.ts'
import { optionsOf } from './options.ts'
import { picture } from './pictures.ts'
import { signInTextsIn, type Texts, textsIn } from './texts.ts'
import { timeOf } from './time.ts'
import { told } from './told.ts'
import type { PreferenceView, PurposeView } from './view.ts'

export interface Shown {
  snapshot: Snapshot
  version: number
  language: string
  /** `/c/{organization}/{widget}` */
  path: string
  /** Who is signed in, by the organization's id of them. */
  user?: string
  /** The person has a mailbox for a copy of the receipt. */
  hasMailbox?: boolean
  /** Who may only look at their choices is shown nothing that would save them. */
  isReadOnly?: boolean
}

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
  wantsCopy: boolean
}

interface Ground extends Shown {
  texts: Texts
  say(texts: OfLanguages): string
  /** The same in a page: marked where it is another language than the page's. */
  tell(texts: OfLanguages): Content
  places: ReadonlyMap<string, readonly Place[]>
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
<form method="post" action="${path}/sign-out?lang=${encodeURIComponent(language)}" class="out">
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
${noticeOf(ground, notice)}
<form id="${CHOICES}" method="post" action="${action}" data-failed="${texts.failed}" data-signed-out="${texts.notSavedYet}" data-too-often="${texts.tooOften}"${savesTogether && html` data-live="all"`}>${marks(ground)}${notice.receipt?.ids.map(id => html`<input type="hidden" name="saved" value="${id}">`)}${
      savesTogether
        ? [purposes.map(one => card(ground, one)), saveBar(ground, notice.wantsCopy)]
        : purposes.map(one => partOf(ground, one))
    }</form>
<form method="post" action="${action}" class="all">${marks(ground)}
<button name="action" value="unsubscribe_all" class="quiet">${texts.unsubscribeAll}</button>
</form>
${ways}`,
    { formId: CHOICES },
  )
}

/** The form in which everything is chosen. */
const CHOICES = 'choices'

/** A page without choices: who are you, what went wrong, what was before. */
export const plainPage = (shown: Shown, title: string, main: Content, path = shown.path): Html =>
  framed(groundOf(shown, new Map()), html`<h2>${title}</h2>${main}`, { path })

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

function groundOf(shown: Shown, places: Ground['places']): Ground {
  const { snapshot, language } = shown
  return {
    ...shown,
    places,
    texts: textsIn(language),
    say: texts => inLanguage(texts, language, snapshot.defaultLanguage),
    tell: texts => told(texts, language, snapshot.defaultLanguage),
  }
}

/** @param here the page itself, for the switch of languages; a form whose ticks it takes along */
function framed(ground: Ground, main: Content, here: { path?: string; formId?: string }): Html {
  const { snapshot, version, language, path, texts, say, tell, user } = ground
  const { title, introduction, footer } = snapshot.texts
  const heading = title ? say(title) : texts.title
  const icon = picture(snapshot, language, { type: 'footer', part: 'icon' }, 'icon')
  return page(
    {
      title: heading,
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

function noticeOf({ texts, language }: Ground, { receipt, isAsked, messages }: Notice): Content {
  if (!receipt) return messages.length > 0 && html`<p class="notice" role="status">${messages.join(' ')}</p>`
  return html`<section class="notice" role="status" aria-labelledby="receipt">
<h2 id="receipt">${texts.receipt}</h2>
<ul>${receipt.sentences.map(sentence => html`<li>${sentence}</li>`)}</ul>
${receipt.isPending && html`<p><strong>${isAsked ? texts.confirmByMail : texts.notAsked}</strong></p>`}
${messages.map(message => html`<p><strong>${message}</strong></p>`)}
<p class="fine">${timed(texts.receiptAt, { id: receipt.ids.join(', ') }, receipt.at, language)}</p>
</section>`
}

function saveBar({ texts, snapshot, say, tell, hasMailbox }: Ground, wantsCopy = false): Content {
  const { save, pending } = snapshot.texts
  const one = pending ? fill(say(pending), { numberOfPendingConsent: '{number}' }) : undefined
  return html`<p class="save bar"><button name="action" value="save">${save ? tell(save) : texts.saveAll}</button>
<output aria-live="polite" data-none="${texts.pendingNone}" data-one="${one ?? texts.pendingOne}" data-many="${one ?? texts.pendingMany}"></output>
${hasMailbox && html`<span class="copy"><input type="checkbox" id="copy" name="copy" value="yes"${wantsCopy && html` checked`}> <label for="copy">${texts.copy}</label></span>`}</p>`
}

/** Whose choices a form shows, and in which words. */
const marks = (ground: Ground): Html =>
  html`<input type="hidden" name="${WHOSE}" value="${whoseForm(ground.user)}"><input type="hidden" name="${AS_SHOWN}" value="${asShown(ground)}">`

/** A section with its own button. Where scripts run it saves that section; as a plain form it loses nothing of the others. */
function partOf(ground: Ground, view: PurposeView): Html {
  const { texts, snapshot } = ground
  const { saveOnClick } = optionsOf(snapshot, view.purpose.elementId)
  return html`<div data-live="${saveOnClick ? 'each' : 'all'}">${card(ground, view)}<p class="save"><button name="action" value="save" aria-describedby="${titleId(view.purpose)}">${texts.save}</button> <output aria-live="polite" data-none="" data-one="${texts.pendingOne}" data-many="${texts.pendingMany}"></output></p></div>`
}

/** A refusal is shown as one, un-ticked: values that it left as they were do not make half a yes of it. */
function remark({ enabled, hasChosen, waits }: PurposeView, texts: Texts): Content {
  const unsaid = hasChosen ? texts.someChosen : texts.notChosen
  const said = enabled === undefined ? unsaid : hasChosen ? texts.refusedKept : ''
  if (waits.size > 0)
    return [...waits].map(one => {
      const text = one === 'asked' ? texts.waits : texts.waitsUnasked
      return html`<p class="fine"><strong>${text}</strong></p>`
    })
  return said && html`<p class="fine">${said}</p>`
}

const titleId = ({ elementId }: SnapshotPurpose): string => `title-${elementId}`

function card(ground: Ground, view: PurposeView): Html {
  const { texts, say, tell, snapshot, language } = ground
  const { purpose, switched, preferences } = view
  const { elementId } = purpose
  const {
    contentAlign,
    imageType = 'logo',
    isCardClickable,
    isSaveIndicatorVisible,
    saveOnClick,
  } = optionsOf(snapshot, elementId)
  return html`<section class="card" data-element="${elementId}"${contentAlign ? html` data-align="${contentAlign}"` : ''}${saveOnClick && html` data-saves-on-click`} aria-labelledby="${titleId(purpose)}">
${picture(snapshot, language, { type: 'section', part: 'logo', elementId }, imageType)}
<div class="head"${isCardClickable ? html` data-clickable` : ''}>
<input type="hidden" name="${shownFieldOf(elementId)}" value="${shownPurpose(view)}">
<div class="choice">
<h2 id="${titleId(purpose)}" class="name"><label for="c-${elementId}">${tell(purpose.name)}</label></h2>
<input type="checkbox" class="switch" id="c-${elementId}" name="${fieldOf(elementId)}" value="yes"${switched === true && html` checked`}${switched === 'half' && html` data-mixed`}${ground.isReadOnly && html` disabled`}${purpose.oneClick ? html` data-one-click` : ''} aria-describedby="d-${elementId}">
</div>
<div id="d-${elementId}">${say(purpose.description) ? html`<p class="about">${tell(purpose.description)}</p>` : ''}
${isSaveIndicatorVisible !== false && standing(ground, view.path, view.register)}
${remark(view, texts)}</div>
</div>
${preferences.map(one => question(ground, one, view.register))}
</section>`
}

/** @param above what was stated of the purpose: what came with it needs no line of its own */
function question(ground: Ground, view: PreferenceView, above: PurposeView['register']): Html {
  const { say, tell, snapshot, language } = ground
  const { preference, ticked, nested } = view
  const { elementId, type } = preference
  const kind = type === 'single' ? 'radio' : 'checkbox'
  return html`<fieldset data-element="${elementId}">
<legend>${tell(preference.name)}</legend>
<input type="hidden" name="${shownFieldOf(elementId)}" value="${shownPreference(view)}">
${say(preference.description) ? html`<p class="about">${tell(preference.description)}</p>` : ''}
${preference.values.map(({ id, elementId: valueElementId, name }, i) => {
  const controlId = `v-${elementId}-${i}`
  const below = nested.get(id) ?? []
  return html`<div class="value" data-element="${valueElementId}"><input type="${kind}" id="${controlId}" name="${fieldOf(elementId)}" value="${id}"${ticked.has(id) && html` checked`}${ground.isReadOnly && html` disabled`}> ${picture(snapshot, language, { type: 'preference_value', part: 'icon', elementId: valueElementId }, 'icon')}<label for="${controlId}">${tell(name)}</label>${
    below.length > 0 ? html`<div class="nested">${below.map(one => question(ground, one, above))}</div>` : ''
  }</div>`
})}
${view.register?.[2] !== above?.[2] && standing(ground, view.path, view.register)}
</fieldset>`
}

/** Since when it is recorded, and where it has arrived. */
function standing(
  { texts, language, places }: Ground,
  path: string,
  register: PurposeView['register'],
): Content {
  if (!register) return ''
  const arrived = (places.get(path) ?? []).map(place => html`<li>${placed(place, texts, language)}</li>`)
  return html`<ul class="standing"><li>${timed(texts.recorded, {}, new Date(register[1]), language)}</li>${arrived}</ul>`
}

function placed({ name, state, since }: Place, texts: Texts, language: string): Content {
  if (state === 'there' && since) return timed(texts.inForce, { name }, since, language)
  const text = {
    there: texts.inForce,
    'on its way': texts.onItsWay,
    unknown: texts.unknownThere,
    stuck: texts.stuckThere,
  }
  return fill(text[state], { name })
}

/** Split first: a name may hold what looks like a place for a time. */
function timed(text: string, values: OfLanguages, at: Date, language: string): Content {
  const [before = '', after = ''] = text.split('{time}').map(part => fill(part, values))
  return [before, timeOf(at, language), after]
}
