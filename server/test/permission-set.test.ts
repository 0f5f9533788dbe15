/** The permission sets in deploy/ give what Heed needs and nothing more, on fields that exist. */
import assert from 'node:assert/strict'
import { globSync, readFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { after, test } from 'node:test'
import { startSandboxOrg } from '@heed/sandbox'

const project = join(import.meta.dirname, '../../deploy/salesforce')
const folder = join(project, 'force-app/main/default')
const read = (name: string) =>
  readFileSync(join(folder, 'permissionsets', `${name}.permissionset-meta.xml`), 'utf8')
const blocks = (xml: string, tag: string) =>
  [...xml.matchAll(new RegExp(`<${tag}>([\\s\\S]*?)</${tag}>`, 'g'))].map(([, inner = '']) =>
    Object.fromEntries([...inner.matchAll(/<(\w+)>([^<]*)<\/\1>/g)].map(([, key, value]) => [key, value])),
  )

const org = await startSandboxOrg()
after(() => org.close())

test('every file is balanced XML of the metadata namespace', () => {
  const files = globSync('**/*.xml', { cwd: project })
  assert.ok(files.length >= 18)
  for (const file of files) {
    const xml = readFileSync(join(project, file), 'utf8')
    assert.match(
      xml,
      /^<\?xml version="1\.0" encoding="UTF-8"\?>\n<\w+ xmlns="http:\/\/soap\.sforce\.com\/2006\/04\/metadata">/,
    )
    const open: string[] = []
    for (const [, end, name] of xml.matchAll(/<(\/?)(\w+)[^>?]*>/g))
      if (end) assert.equal(open.pop(), name, file)
      else open.push(name as string)
    assert.deepEqual(open, [], file)
  }
})

/** By the folder, or by the end of the name, that a type's files have in source format. */
const memberOf = (file: string): { type: string; member: string } | undefined => {
  const [, object, field] = /^objects\/(\w+)\/fields\/(\w+)\.field-meta\.xml$/.exec(file) ?? []
  if (object) return { type: 'CustomField', member: `${object}.${field}` }
  const [, name] = /^permissionsets\/(\w+)\.permissionset-meta\.xml$/.exec(file) ?? []
  return name === undefined ? undefined : { type: 'PermissionSet', member: name }
}

test('package.xml names every file that is there and no other, by the version that the project has', () => {
  const xml = readFileSync(join(project, 'package.xml'), 'utf8')
  const named = [...xml.matchAll(/<types>([\s\S]*?)<\/types>/g)].flatMap(([, inner = '']) => {
    const type = /<name>(\w+)<\/name>/.exec(inner)?.[1] ?? ''
    return [...inner.matchAll(/<members>([\w.]+)<\/members>/g)].map(([, member = '']) => ({ type, member }))
  })
  const there = globSync('**/*.xml', { cwd: folder }).map(
    file => memberOf(file) ?? { type: '?', member: file },
  )
  const inOrder = (members: readonly { type: string; member: string }[]): string[] =>
    members.map(({ type, member }) => `${type} ${member}`).sort()
  assert.deepEqual(inOrder(named), inOrder(there))
  const { sourceApiVersion } = JSON.parse(readFileSync(join(project, 'sfdx-project.json'), 'utf8'))
  assert.equal(/<version>([\d.]+)<\/version>/.exec(xml)?.[1], sourceApiVersion)
})

/** What the metadata calls a type, and the description. */
const TYPES: Record<string, string> = {
  Checkbox: 'boolean',
  Picklist: 'picklist',
  MultiselectPicklist: 'multipicklist',
  DateTime: 'datetime',
  Text: 'string',
}

test('each field of the permission set is there in the org, may be named by one, and is declared as the org has it', async () => {
  const token = await fetch(`${org.url}/services/oauth2/token`, {
    method: 'POST',
    body: new URLSearchParams({
      grant_type: 'client_credentials',
      client_id: org.clientId,
      client_secret: org.clientSecret,
    }),
  })
  const { access_token } = (await token.json()) as { access_token: string }
  const declared = globSync('objects/*/fields/*.xml', { cwd: folder }).map(
    file => `${file.split('/')[1]}.${basename(file, '.field-meta.xml')}`,
  )
  const known = new Map<string, { type: string; nillable: boolean }>()
  for (const object of ['Lead', 'Contact', 'Account']) {
    const answer = await fetch(`${org.url}/services/data/v66.0/sobjects/${object}/describe`, {
      headers: { authorization: `Bearer ${access_token}` },
    })
    const { fields } = (await answer.json()) as {
      fields: { name: string; type: string; nillable: boolean }[]
    }
    for (const field of fields) known.set(`${object}.${field.name}`, field)
  }
  const permitted = blocks(read('Heed'), 'fieldPermissions')
  assert.ok(permitted.length >= 20)
  for (const { field, readable, editable } of permitted) {
    const found = known.get(field as string)
    assert.ok(found, field)
    // Salesforce refuses to deploy permissions for fields that everybody must have; a checkbox is never empty.
    assert.ok(found.nillable || found.type === 'boolean', `${field} is required`)
    assert.deepEqual([readable, editable], ['true', 'true'])
  }
  for (const field of declared) {
    const [object, name] = field.split('.')
    const xml = readFileSync(join(folder, `objects/${object}/fields/${name}.field-meta.xml`), 'utf8')
    assert.equal(TYPES[/<type>(\w+)<\/type>/.exec(xml)?.[1] ?? ''], known.get(field)?.type, field)
    assert.doesNotMatch(xml, /<required>true/, field)
    if (/<type>Checkbox/.test(xml)) assert.doesNotMatch(xml, /<required>/, field)
    assert.ok(
      permitted.some(one => one.field === field),
      field,
    )
  }
})

test('nobody may delete, see or change all records; creating is a set of its own', () => {
  for (const [name, creates] of [
    ['Heed', 'false'],
    ['Heed_Create', 'true'],
  ] as const) {
    const objects = blocks(read(name), 'objectPermissions')
    assert.deepEqual(
      objects.map(({ object }) => object),
      ['Account', 'Contact', 'Lead'],
    )
    for (const {
      allowRead,
      allowEdit,
      allowCreate,
      allowDelete,
      viewAllRecords,
      modifyAllRecords,
    } of objects)
      assert.deepEqual(
        [allowRead, allowEdit, allowCreate, allowDelete, viewAllRecords, modifyAllRecords],
        ['true', 'true', creates, 'false', 'false', 'false'],
      )
  }
  assert.deepEqual(blocks(read('Heed'), 'userPermissions'), [{ name: 'ApiEnabled', enabled: 'true' }])
  assert.deepEqual(blocks(read('Heed_Create'), 'userPermissions'), [])
})
