-- deliver: who remembers which record of the target, apart from the deliveries. An index over their links was kept for everybody at each
-- step of their way, although links hardly ever change (measured: 5 of 27 µs that a settlement took a person).
create table remembered_records (
  organization_id text collate "C" not null,
  integration_id text collate "C" not null,
  record_id text collate "C" not null,
  person_id text collate "C" not null,
  primary key (organization_id, integration_id, record_id, person_id)
);
insert into remembered_records
select distinct organization_id, integration_id, link ->> 'id', person_id
from deliveries cross join jsonb_array_elements(links) link;
drop index deliveries_by_record;

-- With a delivery goes what it remembered, whoever deletes it. No foreign key: each record would be looked up in deliveries.
create function forget_records() returns trigger language plpgsql as $$
begin
  delete from remembered_records r
  using gone g cross join jsonb_array_elements(g.links) link
  where (r.organization_id, r.integration_id, r.record_id, r.person_id)
    = (g.organization_id, g.integration_id, link ->> 'id', g.person_id);
  return null;
end $$;
create trigger deliveries_forget_records after delete on deliveries
  referencing old table as gone for each statement execute function forget_records();

-- Written and never read.
alter table deliveries drop column delivered_version;
