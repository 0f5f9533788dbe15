-- Who remembers a record: the waiting room asks when another stands for it by now. Nothing is indexed of those without one.
create index deliveries_by_link on deliveries using gin (links jsonb_path_ops) where links <> '[]';
