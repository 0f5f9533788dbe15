/** Shows the records of one object, last changed first, and marks the cells that changed. */
const columns = {
  Lead: [
    'Name',
    'Email',
    'Newsletter__c',
    'HasOptedOutOfEmail',
    'Product_News__c',
    'Channel__c',
    'Frequency__c',
    'Topics__c',
    'Language__c',
    'Consent_Date__c',
    'Consent_Event__c',
    'IsConverted',
    'Id',
  ],
  Account: ['Name', 'Newsletter__c', 'Channel__c', 'Topics__c', 'Consent_Date__c', 'Id'],
}
columns.Contact = columns.Lead.filter(name => name !== 'IsConverted')

const element = id => document.getElementById(id)
const form = element('choice')
const shown = () => ({ sobject: form.elements.sobject.value, search: form.elements.search.value.trim() })

async function load() {
  const { sobject, search } = shown()
  const answer = await fetch(`/sandbox/records?${new URLSearchParams({ sobject, search, limit: '100' })}`)
  const { total, records } = await answer.json()
  element('total').textContent = `${total} ${total === 1 ? 'record' : 'records'}`
  element('head').replaceChildren(
    ...columns[sobject].map(name => cell('th', name.replace(/__c$/, '').replaceAll('_', ' '))),
  )
  element('body').replaceChildren(...records.map(record => row(sobject, record, [])))
}

function row(sobject, record, changed) {
  const tr = document.createElement('tr')
  tr.dataset.id = record.Id
  for (const name of columns[sobject]) {
    const td = cell('td', text(record[name]))
    if (changed.includes(name)) td.className = 'changed'
    tr.append(td)
  }
  return tr
}

function cell(tag, content) {
  const made = document.createElement(tag)
  made.textContent = content
  made.title = content
  if (tag === 'th') made.scope = 'col'
  return made
}

const text = value =>
  value === true ? 'yes' : value === false ? 'no' : value === null || value === undefined ? '' : String(value)

function show({ usage, rows }) {
  element('calls').textContent = usage.calls.toLocaleString()
  element('limit').textContent = usage.limit.toLocaleString()
  element('rows').textContent = usage.rowsWritten.toLocaleString()
  element('kinds').textContent =
    Object.entries(usage.byKind)
      .map(([kind, n]) => `${kind} ${n.toLocaleString()}`)
      .join(', ') || 'none'
  const { sobject, search } = shown()
  for (const { sobject: of, id, fields, record } of rows) {
    if (of !== sobject || !record) continue
    if (search && !JSON.stringify(record).toLowerCase().includes(search.toLowerCase())) continue
    document.querySelector(`tr[data-id="${CSS.escape(id)}"]`)?.remove()
    if (!record.IsDeleted) element('body').prepend(row(sobject, record, fields))
  }
  while (element('body').children.length > 100) element('body').lastElementChild.remove()
}

let waiting
form.addEventListener('input', () => {
  clearTimeout(waiting)
  waiting = setTimeout(load, 150)
})
form.addEventListener('submit', event => event.preventDefault())

const changes = new EventSource('/sandbox/changes')
changes.onmessage = event => show(JSON.parse(event.data))
changes.onopen = () => {
  element('connection').textContent = 'Live: changes appear as they are written.'
  void load()
}
changes.onerror = () => {
  element('connection').textContent = 'The org does not answer; trying again…'
}
