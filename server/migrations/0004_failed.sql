-- deliver: people who failed. Who did for a value that the target cannot hold is tried again when it can.

alter table deliveries
  add column misfit text; -- digest of mapping and fields that it did not fit; '': not known; kept while it is tried again
create index deliveries_misfit on deliveries (organization_id, integration_id) where misfit is not null;
