-- deliver: what came while somebody was on the way is owed since it came.
alter table deliveries
  add column newer_since timestamptz; -- while a lease is held: when the first change after its claim was recorded
-- Who failed is tried again once a day, except for a value that the fields could not hold: that waits for other fields.
update deliveries set due_at = now() where state = 'failed' and due_at is null and coalesce(misfit, '') = '';
-- Of somebody who was erased while a withdrawal was owed: what its delivery needs, {organizationUserId, status}.
alter table deliveries add column farewell jsonb;

-- Once it is delivered nothing of it is left, nor once the target turns out not to know the person.
create function forget_farewell() returns trigger language plpgsql as $$
begin
  delete from deliveries
  where organization_id = new.organization_id and integration_id = new.integration_id and person_id = new.person_id;
  delete from delivery_log
  where organization_id = new.organization_id and integration_id = new.integration_id and person_id = new.person_id;
  return null;
end $$;
create trigger deliveries_forget_farewell after update on deliveries for each row
  when (new.farewell is not null and new.lease is null and new.unsettled_until is null
    and case new.state when 'owed' then false when 'failed' then not new.withdrawal else new.due_at is null end)
  execute function forget_farewell();
