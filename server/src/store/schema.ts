/** The tables as Kysely sees them. The truth is in `migrations/`. */
import type { ColumnType, Generated, JSONColumnType } from 'kysely'

type Time = ColumnType<Date, Date | string, Date | string>
type DefaultTime = ColumnType<Date, Date | string | undefined, Date | string>
/** Read as the parsed value, written as JSON text. */
type Json<T extends object | null> = JSONColumnType<T>

export interface Schema {
  organizations: {
    id: string
    name: string
    website: string | null
    public_api_key: string
    redirect_hosts: Generated<string[]>
    preference_center_url: string | null
    md5_links: Generated<boolean>
    double_opt_in: Generated<boolean>
    confirmation_days: Generated<number>
    auth_enabled: Generated<boolean>
    auth_allow_user_creation: Generated<boolean>
    auth_message_priority: Generated<string[]>
    confirmation_reminders: Generated<number>
    confirmation_reminder_days: Generated<number>
    version: Generated<number>
    created_at: DefaultTime
    updated_at: DefaultTime
  }
  api_keys: {
    organization_id: string
    id: string
    name: Generated<string>
    description: Generated<string>
    secret_hash: Buffer
    enabled: Generated<boolean>
    is_internal: Generated<boolean>
    created_at: DefaultTime
  }
  secrets: {
    organization_id: string
    id: string
    name: string
    description: Generated<string>
    sealed: Buffer
    version: Generated<number>
    created_at: DefaultTime
    updated_at: DefaultTime
  }
  auth_providers: {
    organization_id: string
    id: string
    type: 'otp' | 'message'
    is_default: boolean
    version: Generated<number>
    created_at: DefaultTime
    updated_at: DefaultTime
  }
  purposes: {
    organization_id: string
    id: string
    content: Json<Record<string, unknown>>
    version: Generated<number>
    created_at: DefaultTime
    updated_at: DefaultTime
    deleted_at: Time | null
  }
  preferences: {
    organization_id: string
    id: string
    type: 'single' | 'multi'
    name: Json<Record<string, string>>
    description: Json<Record<string, string>>
    metadata: Json<Record<string, unknown>>
    version: Generated<number>
    created_at: DefaultTime
    updated_at: DefaultTime
    deleted_at: Time | null
  }
  preference_values: {
    organization_id: string
    preference_id: string
    id: string
    name: Json<Record<string, string>>
    metadata: Json<Record<string, unknown>>
    position: number
    deleted_at: Time | null
  }
  config_trees: {
    organization_id: string
    id: string
    selected_purposes: Json<object[]>
    version: Generated<number>
    created_at: DefaultTime
    updated_at: DefaultTime
  }
  elements: {
    organization_id: string
    id: string
    kind: 'purpose' | 'preference' | 'value'
    purpose_id: string
    preference_id: string | null
    value_id: string | null
    created_at: DefaultTime
    removed_at: Time | null
  }
  people: {
    organization_id: string
    id: string
    organization_user_id: string | null
    merged_into: string | null
    version: Generated<number>
    status: Json<object>
    created_at: DefaultTime
    updated_at: DefaultTime
  }
  log: {
    organization_id: string
    event_id: string
    revision: number
    sequence: Generated<number>
    person_id: string
    kind: 'event' | 'profile'
    action: 'created' | 'changed' | 'deleted'
    status: 'confirmed' | 'pending_approval'
    regulation: string
    effective_at: Time
    created_at: Time
    recorded_at: DefaultTime
    recorded_by: string | null
    delivers: Generated<boolean>
    digest: Buffer | null
    body: Json<object> | null
  }
  proofs: {
    organization_id: string
    person_id: string
    id: string
    event_id: string | null
    media_type: string
    content: Buffer
    created_at: DefaultTime
  }
  integrations: {
    organization_id: string
    id: string
    type_id: string
    name: Generated<string>
    enabled: Generated<boolean>
    paused: Generated<boolean>
    credentials: Buffer
    properties: Json<Record<string, unknown>>
    mappings: Json<object[]>
    upsert_mode: Generated<boolean>
    hold: Json<object> | null
    rest_until: Time | null
    version: Generated<number>
    created_at: DefaultTime
    updated_at: DefaultTime
  }
  deliveries: {
    organization_id: string
    integration_id: string
    person_id: string
    wanted_version: number
    withdrawal: Generated<boolean>
    state: Generated<'owed' | 'delivered' | 'unmatched' | 'failed'>
    owed_since: Time | null
    newer_since: Time | null
    due_at: Time | null
    lease: string | null
    leased_until: Time | null
    attempts: Generated<number>
    error: Json<object> | null
    links: Json<object[]>
    digest: string | null
    unsettled_until: Time | null
    withdrawn: string[] | null
    misfit: string | null
    farewell: Json<object> | null
    updated_at: DefaultTime
  }
  delivery_log: {
    organization_id: string
    integration_id: string
    person_id: string
    at: DefaultTime
    round: string
    version: number
    state: string
    error: Json<object> | null
    written: Json<object[]>
  }
}
