-- A person on the way is written three times (owed, claimed, settled), and each time every index that names them grows.
-- So the many who are delivered stand in no index but the key, and nobody stands in two where one serves.
drop index deliveries_by_state;
create index deliveries_undelivered on deliveries (organization_id, integration_id, state, person_id)
  where state <> 'delivered';
drop index deliveries_owed_since;
create index deliveries_withdrawals_owed on deliveries (organization_id, integration_id, owed_since)
  where withdrawal and owed_since is not null;
