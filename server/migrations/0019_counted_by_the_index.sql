-- What /metrics and the status of an integration count stands in the index: before, each look read the page of everybody who had
-- failed or waits, which with some on every page is the whole table. A delivery that keeps its state keeps these columns, too.
drop index deliveries_undelivered;
create index deliveries_undelivered on deliveries (organization_id, integration_id, state, person_id)
  include (owed_since, withdrawal) where state <> 'delivered';
