-- A proof can be uploaded before an event names it: until then it is nobody's, and its person_id is empty.
alter table proofs alter column event_id drop not null;
alter table proofs add check ((person_id = '') = (event_id is null));
create index proofs_by_id on proofs (organization_id, id);
