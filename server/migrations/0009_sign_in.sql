-- sign-in --------------------------------------------------------------------------------------------------

-- Reminders of what waits to be confirmed.
alter table organizations
  add column confirmation_reminders integer not null default 0 check (confirmation_reminders between 0 and 3),
  add column confirmation_reminder_days integer not null default 2 check (confirmation_reminder_days between 1 and 90);
alter table confirmations
  add column reminders integer not null default 0, -- how many were due so far
  add column reminded_at timestamptz;
create index confirmations_to_remind on confirmations (organization_id, reminders, coalesce(reminded_at, mailed_at))
  where mailed_at is not null;

-- A mail that asks to confirm is not sent any more once nothing waits.
alter table mails add column event_id text collate "C"; -- that it asks to confirm
create index mails_by_event on mails (organization_id, event_id) where due_at is not null and event_id is not null;

-- What mails said goes once they were sent: it held codes, links and choices.
update mails set subject = '', html = '', body = '', unsubscribe_url = null where due_at is null;

-- The public API's switches of signing in.
alter table organizations
  add column auth_enabled boolean not null default true,
  add column auth_allow_user_creation boolean not null default true, -- whoever is not known may sign in too
  add column auth_message_priority text[] not null default '{email}'; -- channels, the first one first

-- Proofs that no event named are removed after a while.
create index proofs_unnamed on proofs (created_at) where person_id = '';
