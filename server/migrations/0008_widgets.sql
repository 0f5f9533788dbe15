-- widgets --------------------------------------------------------------------------------------------------

create table widget_themes (
  organization_id text collate "C" not null references organizations,
  id text collate "C" not null,
  colors jsonb not null, -- color_1 ... color_8
  version integer not null default 1,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  primary key (organization_id, id)
);

-- A widget as it is edited. What people see is one of its versions.
create table widgets (
  organization_id text collate "C" not null references organizations,
  id text collate "C" not null,
  content jsonb not null, -- name, format, template_id, languages, auth ...; see widgets/schema.ts
  components jsonb not null default '{}', -- by id: texts and styles of its parts
  entities jsonb not null default '{}', -- by element id: shown or not, and its place
  version integer not null default 1,
  published_version integer, -- the version that its newest deployment shows
  archived boolean not null default false,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  primary key (organization_id, id)
);

-- What was published: the exact texts that people saw. Never changed and never removed, since events name it.
create table widget_versions (
  organization_id text collate "C" not null,
  widget_id text collate "C" not null,
  number integer not null check (number > 0),
  deployment_id text collate "C" not null,
  snapshot jsonb not null,
  published_at timestamptz not null default now(),
  published_by text, -- the API key
  primary key (organization_id, widget_id, number),
  unique (organization_id, deployment_id),
  foreign key (organization_id, widget_id) references widgets
);

create function refuse_widget_version_change() returns trigger language plpgsql as $$
begin
  raise exception 'what was published is not changed';
end $$;
create trigger widget_versions_are_kept before update or delete on widget_versions
  for each row execute function refuse_widget_version_change();
