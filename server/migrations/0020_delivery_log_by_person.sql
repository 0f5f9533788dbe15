-- deliver: the log is read by person alone, so its index begins with them: each line costs less, and an erasure finds what it deletes.
drop index delivery_log_by_person;
create index delivery_log_by_person on delivery_log (organization_id, person_id, at);
