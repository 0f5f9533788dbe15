-- mail -----------------------------------------------------------------------------------------------------

-- What an organization says in its mails, where that is not Heed's own text.
create table email_templates (
  organization_id text collate "C" not null references organizations,
  id text collate "C" not null,
  email_type text collate "C" not null, -- which mail
  properties jsonb not null, -- html and subject (a text, or one per language), reply_to
  version integer not null default 1,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  primary key (organization_id, id),
  unique (organization_id, email_type)
);

-- What is to be sent and what was: rendered, so that what is read here is what went out. Removed after its retention.
create table mails (
  organization_id text collate "C" not null references organizations,
  id text collate "C" not null,
  email_type text collate "C" not null,
  organization_user_id text collate "C" not null, -- whom it is about: goes with the person
  recipient text not null,
  language text not null,
  subject text not null,
  html text not null,
  body text not null, -- the same without HTML
  reply_to text[] not null,
  unsubscribe_url text,
  state text not null default 'waiting' check (state in ('waiting', 'held', 'sent', 'failed')), -- held: no server to send by
  due_at timestamptz default now(), -- null: nothing is left to be done
  lease text, -- who sends it now
  attempts integer not null default 0,
  reason text, -- why it was not sent, as the server said
  expires_at timestamptz not null, -- afterwards it would be of no use any more
  created_at timestamptz not null default now(),
  settled_at timestamptz,
  primary key (organization_id, id),
  check ((state in ('waiting', 'held')) = (due_at is not null)),
  check ((due_at is null) = (settled_at is not null))
);
create index mails_due on mails (due_at) where due_at is not null;
create index mails_by_person on mails (organization_id, organization_user_id);
create index mails_by_recipient on mails (organization_id, lower(recipient));
create index mails_by_time on mails (organization_id, created_at);
