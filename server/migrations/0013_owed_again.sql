-- deliver: what came while somebody was on the way is owed since it came.
alter table deliveries
  add column newer_since timestamptz; -- while a lease is held: when the first change after its claim was recorded
