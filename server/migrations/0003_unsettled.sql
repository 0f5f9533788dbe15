alter table deliveries
  add column unsettled_until timestamptz; -- until then a call that nobody waits for any more may still write an older state
