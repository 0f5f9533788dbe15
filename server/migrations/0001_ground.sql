-- Every table about people starts its key with the organization and the person, so that it can be distributed by them.
-- Keys compare by bytes (collate "C"): one order on every machine, for locks taken in order and for cursors.

-- access ---------------------------------------------------------------------------------------------------

create table organizations (
  id text collate "C" primary key,
  name text not null,
  website text,
  public_api_key text not null unique,
  version integer not null default 1,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now()
);

create table api_keys (
  organization_id text collate "C" not null references organizations,
  id text collate "C" not null,
  name text not null default '',
  description text not null default '',
  secret_hash bytea not null, -- keyed hash: the secret itself is shown once, at its creation
  enabled boolean not null default true,
  is_internal boolean not null default false,
  created_at timestamptz not null default now(),
  primary key (organization_id, id)
);
-- A session is asked for by key alone.
create unique index api_keys_by_id on api_keys (id);

create table secrets (
  organization_id text collate "C" not null references organizations,
  id text collate "C" not null,
  name text not null,
  description text not null default '',
  sealed bytea not null, -- AES-256-GCM
  version integer not null default 1,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  primary key (organization_id, id)
);

-- library --------------------------------------------------------------------------------------------------
-- Nothing that an event can have used is ever removed: deleted_at hides it from lists and keeps its id valid.

create table purposes (
  organization_id text collate "C" not null references organizations,
  id text collate "C" not null,
  content jsonb not null, -- description (the name), details, namespaces, regulations_id, metadata ...
  version integer not null default 1,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  deleted_at timestamptz,
  primary key (organization_id, id)
);

create table preferences (
  organization_id text collate "C" not null references organizations,
  id text collate "C" not null,
  type text not null check (type in ('single', 'multi')),
  name jsonb not null,
  description jsonb not null default '{}',
  metadata jsonb not null default '{}',
  version integer not null default 1,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  deleted_at timestamptz,
  primary key (organization_id, id)
);

create table preference_values (
  organization_id text collate "C" not null,
  preference_id text collate "C" not null,
  id text collate "C" not null,
  name jsonb not null,
  metadata jsonb not null default '{}',
  position integer not null,
  deleted_at timestamptz,
  primary key (organization_id, preference_id, id),
  foreign key (organization_id, preference_id) references preferences
);

create table config_trees (
  organization_id text collate "C" primary key references organizations,
  id text collate "C" not null,
  selected_purposes jsonb not null,
  version integer not null default 1,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now()
);

-- What a mapping can point at. A row stays when its node leaves the tree.
create table elements (
  organization_id text collate "C" not null references organizations,
  id text collate "C" not null check (id ~ '^[A-Za-z0-9]{7}$'),
  kind text not null check (kind in ('purpose', 'preference', 'value')),
  purpose_id text collate "C" not null,
  preference_id text collate "C",
  value_id text collate "C",
  created_at timestamptz not null default now(),
  removed_at timestamptz,
  primary key (organization_id, id)
);

-- record ---------------------------------------------------------------------------------------------------

-- No foreign keys on these two: every insert would lock the organization's row, and nobody ever deletes one.

-- One row is one person; a row with merged_into is another name (a device) of that person and holds no status.
create table people (
  organization_id text collate "C" not null,
  id text collate "C" not null,
  organization_user_id text collate "C",
  merged_into text collate "C",
  version bigint not null default 1,
  status jsonb not null default '{"user": {}, "regulations": {}}', -- what the log adds up to; see resolve/status.ts
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  primary key (organization_id, id),
  check (merged_into is null or organization_user_id is null)
) with (fillfactor = 80);
create unique index people_by_organization_user_id on people (organization_id, organization_user_id)
  where organization_user_id is not null;
create index people_by_merged_into on people (organization_id, merged_into) where merged_into is not null;

-- Append-only. An event is revision 1; a change or a deletion of it is a further revision.
create table log (
  organization_id text collate "C" not null,
  event_id text collate "C" not null,
  revision integer not null check (revision > 0),
  sequence bigint not null generated always as identity,
  person_id text collate "C" not null,
  kind text not null check (kind in ('event', 'profile')), -- profile: a change of the person outside any event
  action text not null check (action in ('created', 'changed', 'deleted')),
  status text not null check (status in ('confirmed', 'pending_approval')),
  regulation text not null,
  effective_at timestamptz not null, -- when it counts in the merge
  created_at timestamptz not null, -- as the caller gave it, else the time of receipt
  recorded_at timestamptz not null default now(),
  recorded_by text, -- the API key
  delivers boolean not null default true, -- $disable_integrations
  digest bytea, -- of the content as it was sent with an id: tells a repetition from another event with the same id
  body jsonb, -- null: erased together with the person
  primary key (organization_id, event_id, revision)
);
create index log_by_person on log (organization_id, person_id, sequence);

create function refuse_log_change() returns trigger language plpgsql as $$
begin
  -- Erasure of a person takes the content and leaves the fact that something was recorded.
  if tg_op = 'UPDATE' and new.body is null and current_setting('heed.erasing', true) = 'on'
    and (to_jsonb(new) - 'body') = (to_jsonb(old) - 'body') then
    return new;
  end if;
  raise exception 'the log is append-only';
end $$;
create trigger log_is_append_only before update or delete on log
  for each row execute function refuse_log_change();
create trigger log_is_not_truncated before truncate on log
  for each statement execute function refuse_log_change();

-- Files that prove a choice. An event names them by id (proofs_id).
create table proofs (
  organization_id text collate "C" not null,
  person_id text collate "C" not null,
  id text collate "C" not null,
  event_id text collate "C" not null,
  media_type text not null,
  content bytea not null,
  created_at timestamptz not null default now(),
  primary key (organization_id, person_id, id)
);

-- deliver --------------------------------------------------------------------------------------------------

create table integrations (
  organization_id text collate "C" not null references organizations,
  id text collate "C" not null,
  type_id text not null,
  name text not null default '',
  enabled boolean not null default true,
  paused boolean not null default false,
  credentials bytea not null, -- AES-256-GCM
  properties jsonb not null,
  mappings jsonb not null,
  upsert_mode boolean not null default false,
  hold jsonb, -- {code, message, cure, kind, since, tries}: it stopped itself
  rest_until timestamptz, -- no round before then
  version integer not null default 1,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  primary key (organization_id, id)
);

-- One row per integration and person: the newest state is owed, however often it changed.
-- due_at says when it may be claimed (null: not by itself). A claim moves due_at behind the lease's end and writes
-- its lease; only the holder of the lease settles. A crash so leads to a second, harmless delivery.
create table deliveries (
  organization_id text collate "C" not null,
  integration_id text collate "C" not null,
  person_id text collate "C" not null,
  wanted_version bigint not null,
  delivered_version bigint not null default 0,
  withdrawal boolean not null default false,
  state text not null default 'owed' check (state in ('owed', 'delivered', 'unmatched', 'failed')),
  owed_since timestamptz, -- when the oldest change still owed was recorded
  due_at timestamptz,
  lease uuid,
  attempts integer not null default 0,
  error jsonb,
  links jsonb not null default '[]', -- the person's records in the target, remembered
  digest text,
  updated_at timestamptz not null default now(),
  primary key (organization_id, integration_id, person_id),
  foreign key (organization_id, integration_id) references integrations on delete cascade
) with (fillfactor = 70, autovacuum_vacuum_scale_factor = 0.02);
create index deliveries_due on deliveries (organization_id, integration_id, withdrawal, due_at) where due_at is not null;
create index deliveries_by_state on deliveries (organization_id, integration_id, state, person_id);
create index deliveries_owed_since on deliveries (organization_id, integration_id, owed_since) where owed_since is not null;

-- A line per person and attempt. Old days are dropped as whole partitions.
create table delivery_log (
  organization_id text collate "C" not null,
  integration_id text collate "C" not null,
  person_id text collate "C" not null,
  at timestamptz not null default now(),
  round uuid not null,
  version bigint not null,
  state text not null,
  error jsonb,
  written jsonb not null default '[]'
) partition by range (at);
create index delivery_log_by_person on delivery_log (organization_id, integration_id, person_id, at);
create table delivery_log_default partition of delivery_log default;
