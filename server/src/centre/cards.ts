/** The choices, a card per purpose: what is asked, what is chosen, since when and where it is in force. */
import type { Place } from '../deliver/inForce.ts'
import { type Content, type Html, html } from '../http/html.ts'
import { fill } from '../http/texts.ts'
import type { SnapshotPurpose } from '../widgets/snapshot.ts'
import { fieldOf, shownFieldOf, shownPreference, shownPurpose } from './form.ts'
import { optionsOf } from './options.ts'
import { picture } from './pictures.ts'
import type { Ground } from './shown.ts'
import type { Texts } from './texts.ts'
import { timed } from './time.ts'
import type { PreferenceView, PurposeView } from './view.ts'

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

export const titleId = ({ elementId }: SnapshotPurpose): string => `title-${elementId}`

export function card(ground: Ground, view: PurposeView): Html {
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
${isSaveIndicatorVisible !== false && standing(ground, elementId, view)}
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
${view.register?.[2] !== above?.[2] && standing(ground, elementId, view)}
</fieldset>`
}

/** Since when it is recorded, and where it has arrived. */
function standing(
  { texts, language, places }: Ground,
  elementId: string,
  { path, register }: Pick<PurposeView, 'path' | 'register'>,
): Content {
  if (!register) return ''
  const there = places.get(path) ?? []
  const isUnderway = there.some(({ state }) => state === 'on its way')
  const arrived = there.map(place => html`<li>${placed(place, texts, language)}</li>`)
  return html`<ul class="standing" id="s-${elementId}"${isUnderway && html` data-underway`}><li>${timed(texts.recorded, {}, new Date(register[1]), language)}</li>${arrived}</ul>`
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
