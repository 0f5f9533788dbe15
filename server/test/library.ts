/** A small library for tests: two purposes, a single and a multi preference, one nested; a tree over them. */
import assert from 'node:assert/strict'
import type { TestHeed } from './heed.ts'

export const elementIds = {
  newsletter: 'newsltr',
  ads: 'adsadsa',
  channel: 'channel',
  email: 'vemail1',
  topics: 'topicsT',
  frequency: 'frequen',
}

export async function fillLibrary({ call }: TestHeed, options: { oneClick?: boolean } = {}): Promise<void> {
  const must = async (route: string, body: unknown) => {
    const answer = await call(route, body)
    assert.equal(answer.status, 200, JSON.stringify(answer.body))
  }
  await must('POST /v1/metadata/purposes', {
    id: 'newsletter',
    description: { en: 'Newsletter', fr: 'Lettre' },
  })
  await must('POST /v1/metadata/purposes', { id: 'ads', description: { en: 'Ads' } })
  await must('POST /v1/preferences', {
    id: 'channel',
    name: { en: 'Channel' },
    type: 'single',
    values: ['email', 'sms', 'post'].map(id => ({ id, name: { en: id } })),
  })
  await must('POST /v1/preferences', {
    id: 'topics',
    name: { en: 'Topics' },
    type: 'multi',
    values: ['travel', 'food', 'music'].map(id => ({ id, name: { en: id } })),
  })
  await must('POST /v1/preferences', {
    id: 'frequency',
    name: { en: 'Frequency' },
    type: 'single',
    values: ['daily', 'weekly'].map(id => ({ id, name: { en: id } })),
  })
  await must('PUT /v1/config-trees', {
    selected_purposes: [
      {
        id: elementIds.newsletter,
        purpose_id: 'newsletter',
        one_click: options.oneClick ?? false,
        selected_preferences: [
          {
            id: elementIds.channel,
            preference_id: 'channel',
            selected_values: [
              {
                id: elementIds.email,
                preference_value_id: 'email',
                selected_preferences: [{ id: elementIds.frequency, preference_id: 'frequency' }],
              },
              { preference_value_id: 'sms' },
              { preference_value_id: 'post' },
            ],
          },
          { id: elementIds.topics, preference_id: 'topics' },
        ],
      },
      { id: elementIds.ads, purpose_id: 'ads' },
    ],
  })
}
