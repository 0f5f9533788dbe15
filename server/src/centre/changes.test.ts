import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Snapshot, SnapshotPreference } from '../widgets/snapshot.ts'
import { sentencesOf } from './changes.ts'

const common = (id: string, name: string) => ({
  ...{ id, elementId: id, name: { en: name }, description: {}, metadata: {} },
})
const preference = (id: string, name: string, below: SnapshotPreference[] = []): SnapshotPreference => ({
  ...common(id, name),
  type: 'single',
  values: [{ ...common('yes', 'Please'), preferences: below }],
})
const snapshot = {
  defaultLanguage: 'en',
  purposes: [
    { ...common('z', 'Letters'), oneClick: false, preferences: [] },
    {
      ...common('a', 'News'),
      oneClick: false,
      preferences: [
        preference('longer', 'Channel', [preference('deep', 'How often')]),
        preference('t', 'Topics'),
      ],
    },
  ],
} as unknown as Snapshot

test('what was chosen is told in the order in which it was asked, what was not asked last', () => {
  const value = { value: 'yes' }
  const consents = {
    purposes: [
      { id: 'gone', enabled: true },
      { id: 'a', enabled: true, values: { t: value, deep: value, other: value, longer: value } },
      { id: 'z', enabled: false },
    ],
  }
  const others = new Map([['preference other', { fr: 'Autre' }]])
  assert.deepEqual(sentencesOf(consents, { snapshot, others, language: 'en' }), [
    'Letters: no',
    'News: yes',
    'News – Channel: Please',
    'News – How often: Please',
    'News – Topics: Please',
    'News – Autre: yes',
    'gone: yes',
  ])
})
