// Makes the page live: counts what is not saved yet, saves without a reload, tells times in the reader's zone.
// Without it everything works as a plain form.

const writeTime = timeWriter()

function start(root) {
  for (const time of root.querySelectorAll('time[datetime]'))
    time.textContent = writeTime(new Date(time.dateTime))
  for (const box of root.querySelectorAll('[data-mixed]')) box.indeterminate = true
  for (const form of root.querySelectorAll('form[data-live]')) live(form)
}

/** From what the page brings along: to make a formatter costs a slow telephone as much as all the rest of the page. */
function timeWriter() {
  const { lang, dataset } = document.documentElement
  if (!dataset.clock) {
    const style = { year: 'numeric', month: 'short', day: 'numeric', hour: 'numeric', minute: '2-digit' }
    const format = new Intl.DateTimeFormat(lang, style)
    return at => format.format(at)
  }
  const clock = JSON.parse(dataset.clock)
  const pick = (part, n) => clock[part].split('|')[n]
  return at => {
    const parts = {
      year: at.getFullYear(),
      month: pick('month', at.getMonth()),
      day: pick('day', at.getDate() - 1),
      hour: pick('hour', at.getHours()),
      minute: String(at.getMinutes()).padStart(2, '0'),
      dayPeriod: pick('dayPeriod', at.getHours()),
    }
    return clock.order.replace(/\{(\w+)\}/g, (_, part) => parts[part])
  }
}

function live(form) {
  const output = form.querySelector('output')
  const isEach = form.dataset.live === 'each'
  form.classList.add(`live-${form.dataset.live}`)
  form.querySelector('.bar')?.classList.add('live')
  const count = () => {
    const number = pending(form)
    const { none, one, many } = output.dataset
    output.textContent = (number === 0 ? none : number === 1 ? one : many).replace('{number}', number)
  }
  form.addEventListener('change', ({ target }) => {
    if ('oneClick' in target.dataset) chooseAll(target)
    if (isEach) form.requestSubmit(form.querySelector('button'))
    else count()
  })
  form.addEventListener('submit', event => void save(event, form))
  if (!isEach) count()
}

/** Controls that differ from what was shown, a group counting once. */
function pending(form) {
  const data = new FormData(form)
  let number = 0
  for (const [name, shown] of data) {
    if (!name.startsWith('shown.')) continue
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

async function save(event, form) {
  event.preventDefault()
  const body = new URLSearchParams(new FormData(form, event.submitter))
  const focused = document.activeElement?.id
  try {
    // Not form.action: that is the button of this name.
    const answer = await fetch(form.getAttribute('action'), {
      method: 'POST',
      body,
      headers: { accept: 'text/html' },
    })
    if (!answer.ok) throw new Error(answer.statusText)
    const text = await answer.text()
    const next = new DOMParser().parseFromString(text, 'text/html')
    const main = document.querySelector('main')
    main.replaceChildren(...next.querySelector('main').childNodes)
    start(main)
    history.replaceState(null, '', answer.url)
    const notice = main.querySelector('.notice')
    const control = focused && document.getElementById(focused)
    if (control) {
      control.focus()
      announce(notice)
    } else lead(notice ?? main)
  } catch {
    // A plain form tells what went wrong, and loses nothing.
    form.submit()
  }
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
