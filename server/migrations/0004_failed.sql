-- deliver: people who failed. Who did for a value that the target cannot hold is tried again when it can. Who did
-- for something else than what they withdrew is no withdrawal any more that is not in the target.

alter table deliveries
  add column withdrawn text[], -- of a withdrawal: the registers, behind their regulation; null: not known
  add column misfit text; -- digest of mapping and fields that it did not fit; '': not known; kept while it is tried again
create index deliveries_misfit on deliveries (organization_id, integration_id) where misfit is not null;
