// Makes the page live: counts what is not saved yet, saves without a reload, tells times in the reader's zone.
// Without it everything works as a plain form.

// Of clock.js, which stands before this.
const writeTime = timeWriter(document.documentElement.dataset.clock, document.documentElement.lang)

function start(root) {
  for (const time of root.querySelectorAll('time[datetime]'))
    time.textContent = writeTime(new Date(time.dateTime))
  for (const box of root.querySelectorAll('[data-mixed]')) box.indeterminate = true
  for (const part of root.querySelectorAll('[data-live]')) live(part)
  document.getElementById('choices')?.addEventListener('submit', submit)
}

/** @param part what a button saves: all of the form, or a section */
function live(part) {
  const output = part.querySelector('output')
  part.classList.add(`live-${part.dataset.live}`)
  part.querySelector('.bar')?.classList.add('live')
  const count = () => {
    const number = pending(part)
    const { none, one, many } = output.dataset
    output.textContent = (number === 0 ? none : number === 1 ? one : many).replace('{number}', number)
  }
  part.addEventListener('change', ({ target }) => {
    if ('oneClick' in target.dataset) chooseAll(target)
    const card = target.closest('[data-saves-on-click]')
    if (card) save(card)
    else count()
  })
  part.addEventListener('recount', count)
  if (part.dataset.live !== 'each') count()
}

function submit(event) {
  const { currentTarget: form, submitter } = event
  // To another language: a plain load.
  if (submitter.hasAttribute('formaction')) return
  event.preventDefault()
  // Enter in a control presses the first button of the form, whichever section it is in.
  const pressed = form.contains(document.activeElement) ? document.activeElement : submitter
  const part = pressed.closest('[data-live]')
  // Pressed twice: what the first press has saved stays said.
  const receipt = document.querySelector('main section.notice')
  if (receipt && pending(part) === 0 && !form.elements.copy?.checked) return lead(receipt)
  const stands = new URLSearchParams(new FormData(form)).toString()
  if (stands === beingSaved.get(part)) return
  beingSaved.set(part, stands)
  save(part, submitter)
}

/** Who comes back to the page finds what they had chosen, put there by the browser. */
addEventListener('pageshow', () => {
  for (const part of document.querySelectorAll('[data-live=all]')) part.dispatchEvent(new Event('recount'))
})

/** Controls that differ from what was shown, a group counting once. */
function pending(part) {
  const data = new FormData(part.closest('form'))
  let number = 0
  for (const { name, value: shown } of part.querySelectorAll('[name^="shown."]')) {
    const id = name.slice(6)
    const now = data.getAll(`choice.${id}`).join(',')
    const before = shown === 'no' ? '' : shown
    if (now !== before) number++
  }
  return number
}

/** Accepting the purpose chooses all values of its multi preferences; refusing it clears them. */
function chooseAll(box) {
  box.indeterminate = false
  for (const value of box.closest('.card').querySelectorAll('.value > input[type=checkbox]'))
    value.checked = box.checked
}

/** What of a part is on its way by its button. */
const beingSaved = new WeakMap()

let saving = Promise.resolve()
/** One after the other: an answer that comes late would show what was before the next. */
function save(...what) {
  saving = saving.then(() => send(...what))
}

/** As it stands in the page by now: what was saved before has written it anew. */
function current(part) {
  if (part.isConnected) return part
  const control = document.getElementById(part.querySelector('input[id]').id)
  return control.closest(part.matches('.card') ? '.card' : '[data-live]')
}

/** @param saved what is saved: all of the form, a section with its button, or a card */
async function send(saved, button) {
  const part = current(saved)
  // Several clicks, and the first of them has saved what came with the others: its receipt stays.
  if (!button && pending(part) === 0) return
  const form = part.closest('form')
  const names = new Set([
    'whose',
    'as_shown',
    ...[...part.querySelectorAll('[name]')].map(({ name }) => name),
  ])
  const body = new URLSearchParams([...new FormData(form)].filter(([name]) => names.has(name)))
  if (button) body.set(button.name, button.value)
  const main = document.querySelector('main')
  const controls = () => [...main.querySelectorAll('input[id]')]
  const sent = new Map(
    controls().map(one => [one.id, names.has(one.name) ? one.checked : one.defaultChecked]),
  )
  // Not form.action: that is the button of this name.
  const request = { method: 'POST', body, headers: { accept: 'text/html' } }
  const answer = await fetch(form.getAttribute('action'), request).catch(() => undefined)
  if (!answer?.ok) return stay(part, answer?.status)
  try {
    const text = await answer.text()
    const next = new DOMParser().parseFromString(text, 'text/html')
    const focused = document.activeElement?.id
    const changed = controls().filter(one => one.checked !== sent.get(one.id))
    main.replaceChildren(...next.querySelector('main').childNodes)
    for (const { id, checked } of changed) {
      const again = document.getElementById(id)
      if (again) again.checked = checked
    }
    start(main)
    history.replaceState(null, '', answer.url)
    const notice = main.querySelector('.notice')
    const control = focused && document.getElementById(focused)
    if (control) {
      control.focus()
      announce(notice)
    } else lead(notice ?? main)
  } catch {
    // A plain load shows what was saved.
    location.assign(answer.url)
  }
}

/** Everything that was chosen stays, to be saved once more: by the button, also where a click would do. */
function stay(part, status) {
  const isSignedOut = status === 401
  const form = part.closest('form')
  beingSaved.delete(part)
  part.closest('.live-each')?.classList.remove('live-each')
  const notice = document.createElement(isSignedOut ? 'a' : 'span')
  const { signedOut, tooOften, failed } = form.dataset
  notice.textContent = isSignedOut ? signedOut : status === 429 ? tooOften : failed
  if (isSignedOut) Object.assign(notice, { href: form.getAttribute('action'), target: '_blank' })
  const frame = document.createElement('p')
  frame.className = 'notice'
  frame.append(notice)
  const main = document.querySelector('main')
  for (const old of main.querySelectorAll('.notice, .heard')) old.remove()
  main.prepend(frame)
  lead(frame)
}

/** To where the page says what was saved: the button that was pressed is gone. */
function lead(element) {
  element.tabIndex = -1
  element.focus()
}

/** Read aloud although it came with the page: a live region must change to be heard. */
function announce(notice) {
  if (!notice) return
  const heard = document.createElement('p')
  heard.setAttribute('role', 'status')
  heard.className = 'heard'
  notice.removeAttribute('role')
  notice.before(heard)
  heard.textContent = notice.querySelector('h2, p')?.textContent ?? notice.textContent
}

start(document)
