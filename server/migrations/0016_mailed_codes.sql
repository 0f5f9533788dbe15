-- Who opened the mail with the code has tries of their own: whoever only knows the address cannot use them up.
alter table sign_in_codes add column mailed_tries integer not null default 0;
