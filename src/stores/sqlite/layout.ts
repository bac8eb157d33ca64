/** The layout that this version makes. A row in `docs/operations.md` says what each has brought, and a test keeps one of each. */
export const schemaVersion = 5;

/** Which layout a file has, and the oldest version of this code, by the layout that it makes, that can work on it. */
export interface Layout {
  readonly version: number;
  readonly oldest: number;
}

const versionBits = 16;

/**
 * Reads `user_version`: the layout, and above its 16 bits the oldest that can work on it; 0 there: no older one. A later
 * layout that only adds what older code need not know should say so, so that a process of before that restarts in a rolling
 * upgrade goes on.
 */
export function toLayout(userVersion: number): Layout {
  const version = userVersion & (2 ** versionBits - 1);
  return { version, oldest: userVersion >>> versionBits || version };
}

/** Added by schema 2. `check_at` is as in `sessions`, so that a write of a record touches no index. */
const records = `
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
`;

/** Added by schema 3. `null`: of every realm, since a process of an older version wrote the row. */
const realms = `
alter table sessions add column realm text;
alter table ends add column realm text;
`;

/** Added by schema 4. 0: nothing was asked yet, since a process of an older version wrote the row. */
const rechecks = "alter table sessions add column rechecked_at integer not null default 0;\n";

/**
 * Added by schema 5: what fronts keep beside sessions. A trigger, since processes of older versions remove sessions too.
 */
const sealed = `
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
`;

/** What layouts after the first have brought, in their order. */
export const additions: string = records + realms + rechecks + sealed;

/** The oldest layout whose processes can work on a file of this one: layout 5 has only added what they need not know. */
export const oldestVersion = 4;

/** What a file of this layout says in `user_version`. */
export const userVersion: number = (oldestVersion << versionBits) | schemaVersion;

/**
 * The statements that change schema `n` to `n + 1`. A running process of the previous version can still use the file.
 */
export const migrations: ReadonlyMap<number, string> = new Map([
  [1, `${records} pragma user_version = 2;`],
  [2, `${realms} pragma user_version = 3;`],
  [3, `${rechecks} pragma user_version = 4;`],
  [4, `${sealed} pragma user_version = ${userVersion};`],
]);
