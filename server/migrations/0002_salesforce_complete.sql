-- deliver: what calls cost and did, creations and jobs under way, the waiting room, audits.

alter table integrations
  add column daily_call_share real not null default 0.5 check (daily_call_share > 0 and daily_call_share <= 1),
  add column target_usage jsonb, -- {used, limit}: the target's allowance of calls for a day, as it last told
  add column target_usage_at timestamptz,
  add column look_due_at timestamptz not null default now(), -- when to look for records that appeared
  add column looked_until timestamptz, -- everything before this moment has been seen
  add column audit_schedule text default '0 2 * * *', -- cron; null: only by hand
  add column audit_time_zone text not null default 'UTC',
  add column audit_repairs boolean not null default false,
  add column audit_due_at timestamptz;

alter table deliveries
  add column again boolean not null default false; -- owed once more although its holder delivers the newest state

-- Finds a person by an address that the target holds in another case. ASCII alone: the columns collate "C".
create index people_by_folded_id on people (organization_id, lower(organization_user_id))
  where organization_user_id <> lower(organization_user_id);

-- A line per request to a target. Old days are dropped as whole partitions.
create table target_calls (
  organization_id text collate "C" not null,
  integration_id text collate "C" not null,
  id text collate "C" not null,
  at timestamptz not null,
  kind text not null,
  method text not null,
  path text not null,
  status integer, -- null: no answer came
  rows integer not null,
  duration_ms integer not null,
  error text
) partition by range (at);
create index target_calls_by_id on target_calls (organization_id, integration_id, id);
create table target_calls_default partition of target_calls default;

-- What the budget is held against: the calls of the last 24 hours.
create table calls_by_hour (
  organization_id text collate "C" not null,
  integration_id text collate "C" not null,
  hour timestamptz not null,
  calls bigint not null,
  primary key (organization_id, integration_id, hour),
  foreign key (organization_id, integration_id) references integrations on delete cascade
);

-- Who may create for a key. A row stays while a creation may still be under way: whoever claimed it died, or had no answer.
create table creations (
  organization_id text collate "C" not null,
  integration_id text collate "C" not null,
  key text collate "C" not null,
  lease uuid not null,
  claimed_at timestamptz not null default now(),
  primary key (organization_id, integration_id, key),
  foreign key (organization_id, integration_id) references integrations on delete cascade
);

-- Bulk jobs under way. One whose holder died is ended before its people are delivered again.
create table bulk_jobs (
  organization_id text collate "C" not null,
  integration_id text collate "C" not null,
  job text collate "C" not null,
  lease uuid not null,
  began_at timestamptz not null default now(),
  renewed_at timestamptz not null default now(),
  primary key (organization_id, integration_id, job),
  foreign key (organization_id, integration_id) references integrations on delete cascade
);

create table audits (
  organization_id text collate "C" not null,
  integration_id text collate "C" not null,
  id text collate "C" not null,
  state text not null default 'running' check (state in ('running', 'done', 'failed')),
  repairs boolean not null,
  people bigint not null default 0, -- to be compared
  compared bigint not null default 0,
  on_the_way bigint not null default 0, -- left out: their newest state was still owed
  reached text collate "C" not null default '', -- compared up to this person
  error jsonb,
  attempts integer not null default 0,
  due_at timestamptz default now(), -- when the next batch may be taken; null: ended
  started_at timestamptz not null default now(),
  finished_at timestamptz,
  primary key (organization_id, integration_id, id),
  foreign key (organization_id, integration_id) references integrations on delete cascade
);
create unique index audits_running on audits (organization_id, integration_id) where state = 'running';
create index audits_due on audits (due_at) where due_at is not null;

create table audit_differences (
  organization_id text collate "C" not null,
  integration_id text collate "C" not null,
  audit_id text collate "C" not null,
  person_id text collate "C" not null,
  position integer not null,
  kind text not null check (kind in ('missing', 'changed', 'duplicate', 'not_writable')),
  object text,
  record_id text,
  field text,
  held jsonb,
  would jsonb,
  changed_by text,
  changed_at timestamptz,
  message text not null,
  repaired boolean not null default false, -- owed again
  primary key (organization_id, integration_id, audit_id, person_id, position),
  foreign key (organization_id, integration_id, audit_id) references audits on delete cascade
);
