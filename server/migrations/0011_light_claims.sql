-- A round's claim leaves due_at where it is and touches no index: PostgreSQL then writes the row anew on its own page (HOT),
-- which needs room for each row of the page once more.
alter table deliveries
  add column leased_until timestamptz; -- while somebody is at it: not due before, whatever due_at says
alter table deliveries set (fillfactor = 50);
-- Likewise whoever chooses anew, whose neighbours on the page often do in the same transaction.
alter table people set (fillfactor = 50);
