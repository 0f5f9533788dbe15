/** The choices of who is signed in, as controls. What is changed in them stands in `now` at once. */
import { everyPreference, type Widget, type WidgetPreference, type WidgetPurpose } from '@heed/client'
import { type Choices, choiceOf, chosenIn } from './choices.ts'
import { h } from './dom.ts'
import { pictureOf } from './picture.ts'
import { remarkOf, standingOf } from './standing.ts'

export interface Controls {
  widget: Widget
  now: Choices
  /** After a change that stands in `now` by then. */
  onChange(purpose: WidgetPurpose): void
}

export const cardsOf = (controls: Controls): HTMLElement[] =>
  controls.widget.purposes.map(purpose => card(controls, purpose))

function card(controls: Controls, purpose: WidgetPurpose): HTMLElement {
  const { widget, now, onChange } = controls
  const { id, element_id: elementId, name, description, one_click: isOneClick, preferences } = purpose
  const enabled = now[id]?.enabled
  const hasChosen =
    enabled !== true && everyPreference(preferences).some(one => chosenIn(now, id, one.id).length > 0)
  const box = h('input', {
    type: 'checkbox',
    class: 'switch',
    part: 'switch',
    id: `c-${elementId}`,
    checked: enabled === true,
    'aria-describedby': `d-${elementId}`,
    change: () => {
      choiceOf(now, id).enabled = box.checked
      if (isOneClick) chooseAll()
      onChange(purpose)
    },
  })
  // A refusal is shown as one: values that it left as they were do not make half a yes of it.
  box.indeterminate = hasChosen && enabled === undefined
  /** Accepting the purpose chooses all values of its multi preferences; refusing it clears them. */
  const chooseAll = () => {
    for (const one of everyPreference(preferences))
      if (one.type === 'multi') choose(now, id, one, box.checked && one.values.map(value => value.id))
    for (const one of whole.querySelectorAll<HTMLInputElement>('.value > [type=checkbox]'))
      one.checked = box.checked
  }
  const { notChosen, someChosen, refusedKept } = widget.texts
  const remark = enabled === undefined ? (hasChosen ? someChosen : notChosen) : hasChosen && refusedKept
  const whole = h(
    'section',
    {
      ...{ class: 'card', part: 'card', 'aria-labelledby': `t-${elementId}` },
      ...{ 'data-element': elementId, 'data-align': purpose.content_align },
    },
    pictureOf(purpose.picture),
    h(
      'div',
      { class: 'head', 'data-clickable': purpose.is_card_clickable },
      h(
        'div',
        { class: 'choice' },
        h(
          'h3',
          { id: `t-${elementId}`, class: 'name', part: 'name' },
          h('label', { for: `c-${elementId}` }, name),
        ),
        box,
      ),
      h(
        'div',
        { id: `d-${elementId}` },
        description && h('p', { class: 'about' }, description),
        purpose.is_save_indicator_visible && standingOf(id),
        remarkOf(id, remark, widget),
      ),
    ),
    ...preferences.map(one => question(controls, purpose, one)),
  )
  return whole
}

function question(controls: Controls, purpose: WidgetPurpose, preference: WidgetPreference): HTMLElement {
  const { now, onChange } = controls
  const { id: purposeId } = purpose
  const { id, element_id: elementId, type, name, description, values } = preference
  const chosen = chosenIn(now, purposeId, id)
  const boxes = values.map((value, i) =>
    h('input', {
      type: type === 'single' ? 'radio' : 'checkbox',
      part: 'value',
      id: `v-${elementId}-${i}`,
      name: elementId,
      value: value.id,
      checked: chosen.includes(value.id),
      change: () => {
        choose(
          now,
          purposeId,
          preference,
          boxes.filter(box => box.checked).map(box => box.value),
        )
        onChange(purpose)
      },
    }),
  )
  return h(
    'fieldset',
    { part: 'preference', 'data-element': elementId },
    h('legend', {}, name),
    description && h('p', { class: 'about' }, description),
    ...values.map((value, i) =>
      h(
        'div',
        { class: 'value', 'data-element': value.element_id },
        boxes[i],
        pictureOf(value.icon),
        h('label', { for: `v-${elementId}-${i}` }, value.name),
        value.preferences.length > 0 &&
          h('div', { class: 'nested' }, ...value.preferences.map(one => question(controls, purpose, one))),
      ),
    ),
    standingOf(purposeId, id),
  )
}

/**
 * Each value of several is a choice of its own: nobody takes back what they do not see.
 * @param ids false: none at all
 */
function choose(
  now: Choices,
  purposeId: string,
  { id, type, values }: WidgetPreference,
  ids: string[] | false,
): void {
  const unseen = chosenIn(now, purposeId, id).filter(
    one => type === 'multi' && !values.some(value => value.id === one),
  )
  choiceOf(now, purposeId).values[id] = ids ? [...ids, ...unseen].join() : ''
}
