-- deliver: what a deleted delivery remembered is found along the key, one by one, and deleted by its place. Joined, all that is
-- remembered was read through for it, since the plan is made once a connection, for as many as were deleted then (measured: of 300,000
-- the first 10,000 took more than ten minutes instead of 63 ms). Nor may a plan from when the table was empty read it through later.
create or replace function forget_records() returns trigger language plpgsql set enable_seqscan = off as $$
begin
  delete from remembered_records where ctid = any (array(
    select r.ctid
    from gone g cross join jsonb_array_elements(g.links) link cross join lateral (
      select ctid from remembered_records
      where (organization_id, integration_id, record_id, person_id)
        = (g.organization_id, g.integration_id, link ->> 'id', g.person_id)
      offset 0) r));
  return null;
end $$;
