-- Who remembers a record: whoever is about to write it asks. Direct, since a list of what is pending would be read by each who asks;
-- only where links change is it written.
create index deliveries_by_record on deliveries
  using gin (jsonb_path_query_array(links, '$[*].id') jsonb_path_ops) with (fastupdate = off);
