-- sign-in --------------------------------------------------------------------------------------------------

alter table organizations
  add column redirect_hosts text[] not null default '{}', -- where Heed may send people and their tokens, besides itself
  add column preference_center_url text, -- where people go on to from a link or a mail
  add column md5_links boolean not null default false, -- takes links that are signed by MD5 alone
  add column double_opt_in boolean not null default false, -- pending events of an e-mail address are confirmed by mail
  add column confirmation_days integer not null default 7 check (confirmation_days between 1 and 365);

-- How people sign in.
create table auth_providers (
  organization_id text collate "C" not null references organizations,
  id text collate "C" not null,
  type text not null check (type in ('otp', 'message')),
  is_default boolean not null,
  version integer not null default 1,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  primary key (organization_id, id)
);
create unique index auth_providers_default on auth_providers (organization_id) where is_default;

-- One live code per address. Both as keyed hashes: a copy of the database tells neither.
create table sign_in_codes (
  organization_id text collate "C" not null references organizations,
  address bytea not null,
  code bytea not null,
  tries integer not null default 0,
  expires_at timestamptz not null,
  primary key (organization_id, address)
);

-- How often somebody (an address, a sender: a keyed hash) did something in the window that runs.
create table throttles (
  organization_id text collate "C" not null references organizations,
  subject bytea not null,
  taken integer not null,
  ends_at timestamptz not null,
  primary key (organization_id, subject)
);

-- Addresses that stand for one statement of one person. The address holds a random token, of which the hash is kept.
create table links (
  organization_id text collate "C" not null references organizations,
  id text collate "C" not null,
  token_hash bytea not null,
  organization_user_id text collate "C" not null,
  action text not null check (action in ('event.create', 'event.update')),
  event_id text collate "C" not null, -- that is made or changed
  event jsonb not null,
  redirect_url text,
  language text,
  acts_on_open boolean not null default false,
  created_by text not null,
  created_at timestamptz not null default now(),
  expires_at timestamptz not null,
  used_at timestamptz,
  primary key (organization_id, id)
);
-- An address names its link alone.
create unique index links_by_token_hash on links (token_hash);
create index links_by_person on links (organization_id, organization_user_id);
create index links_expired on links (expires_at);

-- Pending events that their person is asked by mail to confirm: written with the event, mailed afterwards.
create table confirmations (
  organization_id text collate "C" not null references organizations,
  event_id text collate "C" not null,
  organization_user_id text collate "C" not null,
  recipient text not null,
  language text,
  created_at timestamptz not null default now(),
  mailed_at timestamptz,
  expires_at timestamptz, -- known once mailed
  primary key (organization_id, event_id)
);
create index confirmations_by_person on confirmations (organization_id, organization_user_id);
create index confirmations_to_mail on confirmations (created_at) where mailed_at is null;
create index confirmations_expired on confirmations (expires_at) where mailed_at is not null;

-- An erased person leaves no link behind that could state anything for them.
create function forget_sign_in() returns trigger language plpgsql as $$
begin
  delete from links
  where organization_id = old.organization_id and organization_user_id = old.organization_user_id;
  delete from confirmations
  where organization_id = old.organization_id and organization_user_id = old.organization_user_id;
  return null;
end $$;
create trigger people_forget_sign_in after delete on people
  for each row when (old.organization_user_id is not null) execute function forget_sign_in();
