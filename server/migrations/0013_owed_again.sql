-- deliver: what came while somebody was on the way is owed since it came.
alter table deliveries
  add column newer_since timestamptz; -- while a lease is held: when the first change after its claim was recorded
-- Who failed is tried again once a day, except for a value that the fields could not hold: that waits for other fields.
update deliveries set due_at = now() where state = 'failed' and due_at is null and coalesce(misfit, '') = '';
