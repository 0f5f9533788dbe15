/** The sample's library, and choices made in it. */
import { pick, type SamplePerson } from './people.ts'

const text = (en: string, fr: string) => ({ en, fr })
const values = (names: Record<string, [en: string, fr: string]>) =>
  Object.entries(names).map(([id, [en, fr]]) => ({ id, name: text(en, fr) }))

export const purposes = [
  {
    id: 'newsletter',
    description: text('Newsletter', 'Lettre d’information'),
    details: text('News once in a while', 'Des nouvelles de temps en temps'),
  },
  {
    id: 'product_news',
    description: text('Product news', 'Nouveautés produits'),
    details: text('What is new in what you use', 'Ce qui change dans vos produits'),
  },
  {
    id: 'partners',
    description: text('Offers of partners', 'Offres de partenaires'),
    details: text('From companies we work with', 'De nos partenaires'),
  },
]

export const preferences = [
  {
    id: 'channel',
    type: 'single',
    name: text('Channel', 'Canal'),
    values: values({ email: ['E-mail', 'E-mail'], sms: ['Text message', 'SMS'], post: ['Post', 'Courrier'] }),
  },
  {
    id: 'frequency',
    type: 'single',
    name: text('How often', 'À quelle fréquence'),
    values: values({
      daily: ['Daily', 'Quotidienne'],
      weekly: ['Weekly', 'Hebdomadaire'],
      monthly: ['Monthly', 'Mensuelle'],
    }),
  },
  {
    id: 'topics',
    type: 'multi',
    name: text('Topics', 'Thèmes'),
    values: values({
      travel: ['Travel', 'Voyage'],
      food: ['Food', 'Cuisine'],
      music: ['Music', 'Musique'],
      sport: ['Sport', 'Sport'],
    }),
  },
]

export const tree = {
  selected_purposes: [
    {
      id: 'tFyHkpl',
      purpose_id: 'newsletter',
      selected_preferences: [
        {
          id: 'cHannel',
          preference_id: 'channel',
          selected_values: [
            {
              preference_value_id: 'email',
              selected_preferences: [{ id: 'fReqncy', preference_id: 'frequency' }],
            },
            { preference_value_id: 'sms' },
            { preference_value_id: 'post' },
          ],
        },
        { id: 'tOpics1', preference_id: 'topics' },
      ],
    },
    { id: 'pRoduct', purpose_id: 'product_news', one_click: true },
    { id: 'pArtner', purpose_id: 'partners' },
  ],
}

export const widget = {
  id: 'preferences',
  name: 'Preference centre',
  template_id: 'full_preference_center',
  enabled_languages: ['en', 'fr', 'de', 'es', 'it', 'nl', 'pt', 'pl', 'ar'],
  default_language: 'en',
}

/** The documented body, with several objects and more kinds of mappings than the public product has. */
export const integration = (org: { url: string; clientId: string; clientSecret: string }) => ({
  type_id: 'sf-sales-cloud',
  name: 'Sandbox org',
  authentication: { url: org.url, client_id: org.clientId, client_secret: org.clientSecret },
  properties: { sobject: ['Lead', 'Contact'] },
  mappings: [
    { id: 'Newsletter__c', value: 'tFyHkpl', type: 'pmp-widget-id' },
    { id: 'HasOptedOutOfEmail', value: 'tFyHkpl', type: 'pmp-widget-id', invert: true },
    { id: 'Product_News__c', value: 'pRoduct', type: 'pmp-widget-id' },
    { id: 'Channel__c', value: 'cHannel', type: 'pmp-widget-id' },
    { id: 'Frequency__c', value: 'consents_purposes_newsletter_preferences_frequency_value' },
    { id: 'Topics__c', value: 'tOpics1', type: 'pmp-widget-id' },
    { id: 'Language__c', value: 'user_metadata_language' },
    { id: 'Consent_Date__c', value: 'tFyHkpl', type: 'changed_at' },
    { id: 'Consent_Event__c', value: 'tFyHkpl', type: 'event_id' },
    { id: 'Consent_Regulation__c', value: 'gdpr', type: 'regulation' },
  ],
  upsert_mode: true,
})

/** What a person chose; another seed is another choice. */
export function choiceOf({ email, language }: SamplePerson, seed: number) {
  const newsletter = pick(seed, 3) > 0
  const topics = ['travel', 'food', 'music', 'sport'].filter((_, i) => pick(seed + i * 31, 2) === 0)
  const channel = ['email', 'email', 'sms', 'post'][pick(seed + 7, 4)] as string
  return {
    user: { organization_user_id: email, metadata: { language } },
    consents: {
      purposes: [
        {
          id: 'newsletter',
          enabled: newsletter,
          values: {
            channel: { value: channel },
            topics: { value: newsletter ? topics.join(',') : '' },
            ...(channel === 'email'
              ? { frequency: { value: ['daily', 'weekly', 'monthly'][pick(seed + 3, 3)] } }
              : {}),
          },
        },
        { id: 'product_news', enabled: pick(seed + 11, 2) === 0 },
      ],
    },
  }
}
