-- Who got many mails to confirm in a day gets no further one; what waits then says so, and counts as no mail itself.
alter table confirmations add column passed_over boolean not null default false;
