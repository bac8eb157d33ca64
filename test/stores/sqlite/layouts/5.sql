-- A database of layout 5, as the versions of that time made it. It is never edited: processes must open it for ever.
create table sessions (
  id integer primary key,
  ref text not null unique,
  version integer not null,
  subject text not null,
  actor text,
  identity text not null,
  scheme text not null,
  rules text not null,
  generation integer not null,
  issued_at integer not null,
  key_id integer not null,
  confirmed_at integer,
  previous_confirmed_at integer,
  touched_at integer not null,
  created_at integer not null,
  claimed integer not null,
  revoked_at integer,
  revoked_reason text,
  over_at integer not null,
  removable_at integer not null,
  absolute_at integer not null,
  check_at integer not null,
  state_version integer not null default 0,
  state_json text
);
create index sessions_by_subject on sessions (subject, claimed);
create index sessions_by_actor on sessions (actor) where actor is not null;
create index sessions_by_check on sessions (check_at);
create table proofs (
  kind text not null,
  id text not null,
  json text not null,
  over_at integer not null,
  primary key (kind, id)
) without rowid;
create index proofs_by_over on proofs (over_at);
create table ends (
  id integer primary key autoincrement,
  kind text not null,
  name text not null,
  reason text not null,
  at integer not null
);
create index ends_by_subject on ends (name) where kind = 'subject';
create index ends_by_at on ends (at);
create table records (
  kind text not null,
  id text not null,
  version integer not null,
  json text not null,
  over_at integer not null,
  check_at integer not null,
  primary key (kind, id)
) without rowid;
create index records_by_check on records (check_at);
alter table sessions add column realm text;
alter table ends add column realm text;
alter table sessions add column rechecked_at integer not null default 0;
create table sealed (
  session integer not null,
  name text not null,
  version integer not null,
  content text,
  lease_until integer not null,
  primary key (session, name)
) without rowid;
create trigger sealed_go after delete on sessions begin
  delete from sealed where session = old.id;
end;
pragma application_id = 1398885497;
pragma user_version = 262149;
insert into sessions (ref, version, subject, actor, identity, scheme, rules, generation, issued_at, key_id, confirmed_at, previous_confirmed_at, touched_at, created_at, claimed, revoked_at, revoked_reason, over_at, removable_at, absolute_at, check_at, state_version, state_json, realm, rechecked_at) values ('aaaaaaaaaaaaaaaaaaaaaa', 7, 'ada', null, '{"subject":"ada","roles":["user"]}', 'basic', '{"policy":"confirm-then-cut","rotateAfterMs":600000,"overlapMs":10000,"stragglerMs":60000,"lifetimeMs":3600000,"idleMs":86400000,"absoluteMs":604800000,"unclaimedMs":120000}', 3, 1899999940000, 1, 1899999941000, 1899999340000, 1899999940000, 1899999000000, 1, null, null, 1900086341000, 1900172741000, 1900603800000, 1900003000000, 2, '["kept"]', 'example', 1899999970000);
insert into sessions (ref, version, subject, actor, identity, scheme, rules, generation, issued_at, key_id, confirmed_at, previous_confirmed_at, touched_at, created_at, claimed, revoked_at, revoked_reason, over_at, removable_at, absolute_at, check_at, state_version, state_json, realm, rechecked_at) values ('bbbbbbbbbbbbbbbbbbbbbb', 7, 'bob', 'ada', '{"subject":"bob","roles":["user"]}', 'basic', '{"policy":"confirm-then-cut","rotateAfterMs":600000,"overlapMs":10000,"stragglerMs":60000,"lifetimeMs":3600000,"idleMs":86400000,"absoluteMs":604800000,"unclaimedMs":120000}', 3, 1899999940000, 1, 1899999941000, 1899999340000, 1899999940000, 1899999000000, 1, 1899999995000, 'logout', 1900086341000, 1900603800000, 1900603800000, 1900003000000, 2, '["kept"]', 'example', 1899999970000);
insert into proofs (kind, id, json, over_at) values ('ticket', 't', '{"kept":true}', 1900000060000);
insert into records (kind, id, version, json, over_at, check_at) values ('account-budget', 'r', 3, '[1]', 1900000060000, 1900000000000);
insert into ends (kind, name, reason, at, realm) values ('subject', 'eve', 'disabled', 1899999999000, 'example');
insert into sealed (session, name, version, content, lease_until) select id, 'db', 2, 'sealed', 0 from sessions where ref = 'aaaaaaaaaaaaaaaaaaaaaa';
