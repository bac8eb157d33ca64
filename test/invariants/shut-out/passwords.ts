import { rmSync, writeFileSync } from "node:fs";
import { chain } from "../../../src/handlers/chain.js";
import type { Handler, HandlerContext } from "../../../src/handlers/handler.js";
import { basic } from "../../../src/handlers/password/basic.js";
import { htpasswdFile } from "../../../src/handlers/password/htpasswd-file.js";
import { userFile } from "../../../src/handlers/password/user-file.js";
import type { Identity } from "../../../src/model/identity.js";
import { durations } from "./node.js";
import { byConfiguration, bySource, configured, type Ground, logInBy, pathIn, roles, type Source } from "./source.js";

const basicOf = (password: string): string => Buffer.from(`ada:${password}`).toString("base64");

/** Hashes of which the last letters are the password, so that they take no time. */
const toArgon = (word: string, salt = "A") =>
  `$argon2id$v=19$m=19456,t=2,p=1$${salt.repeat(22)}$${word.padStart(42, "x")}A`;
const toBcrypt = (word: string, salt = "e") => `$2b$12$${salt.repeat(22)}${word.padStart(30, "x")}e`;
const verifyHash = async (hash: string, password: string) => hash.endsWith(password);
const onWarning = (): void => {};

/** How soon an edit of a file is felt. */
const fileMs = 3_000;

type File = (ground: Ground, path: string, roles: () => readonly string[]) => Handler<Identity>;

/** A file of users and passwords. `lineOf`: the line of ada. */
function createFile(
  ground: Ground,
  open: File,
  toHash: typeof toArgon,
  lineOf: (hash: string, roles: readonly string[], isDisabled: boolean) => string,
  rolesAre: "in the file" | "configured",
): Source {
  const path = pathIn(ground, "users");
  const password = (word: string) => toHash(word).slice(-10);
  let rolesOfNow: readonly string[] = roles.first;
  const write = (hash: string | undefined, isDisabled = false) =>
    writeFileSync(
      path,
      `${hash === undefined ? "" : lineOf(hash, rolesOfNow, isDisabled)}\n${lineOf(toHash("other"), [], false).replace("ada", "bob")}\n`,
      { mode: 0o600 },
    );
  const first = toHash("one");
  write(first);
  const { handlers, edits } = configured(() => {
    const configuredRoles = rolesOfNow;
    return open(ground, path, () => configuredRoles);
  });
  const withRoles = (now: readonly string[]) => {
    const apply = () => {
      rolesOfNow = now;
      if (rolesAre === "in the file") write(first);
    };
    return rolesAre === "configured" ? byConfiguration(apply) : bySource(apply);
  };
  const down = bySource(() => rmSync(path));
  return {
    handlers,
    delayMs: fileMs,
    headers: { authorization: `Basic ${basicOf(password("one"))}` },
    logIn: logInBy("Basic", basicOf(password("one"))),
    edits: {
      ...edits,
      ...(rolesAre === "in the file" && { disabled: bySource(() => write(first, true)) }),
      deleted: bySource(() => write(undefined)),
      "role removed": withRoles(roles["role removed"]),
      "role added": withRoles(roles["role added"]),
      "password changed": bySource(() => write(toHash("two"))),
      "re-hashed": bySource(() => write(toHash("one", "O"))),
      "down for 2 min": down,
      "down for longer": down,
    },
  };
}

export const createUserFile = (ground: Ground): Source =>
  createFile(
    ground,
    ({ platform }, path) => basic(userFile(path, { platform, verifyHash, onWarning })),
    toArgon,
    (hash, list, isDisabled) => `ada:${hash}:${list.join(",")}${isDisabled ? ":disabled" : ""}`,
    "in the file",
  );

export const createHtpasswd = (ground: Ground): Source =>
  createFile(
    ground,
    ({ platform }, path, rolesOf) => basic(htpasswdFile(path, { platform, verifyHash, onWarning, roles: rolesOf })),
    toBcrypt,
    (hash) => `ada:${hash}`,
    "configured",
  );

interface Account {
  readonly subject: string;
  readonly roles: readonly string[];
  readonly password: string;
  /** Another one for each hash of a password. */
  readonly hash: number;
}

type Asked = "with recheck and epoch" | "with recheck" | "without recheck";

/** A database of the application, behind `basic({ verify })`. */
function createDatabase(asked: Asked, link: (handler: Handler<Identity>) => Handler<Identity>): Source {
  const first: Account = { subject: "ada", roles: roles.first, password: "one", hash: 1 };
  const database = { account: first as Account | undefined, epoch: 1, isDown: false };
  async function find(subject: string): Promise<Account | undefined> {
    if (database.isDown) throw new Error("the database is down");
    return database.account?.subject === subject ? database.account : undefined;
  }
  const make = (): Handler<Identity> =>
    link(
      basic<Account>({
        async verify(user, password) {
          const account = await find(user);
          return account?.password === password && account;
        },
        ...(asked !== "without recheck" && {
          viaOf: ({ password }) => `changed ${password}`,
          async recheck({ subject }, { via }) {
            const account = await find(subject);
            return account !== undefined && via?.endsWith(`changed ${account.password}`) && account;
          },
        }),
        ...(asked === "with recheck and epoch" && { epoch: () => database.epoch }),
      }) as unknown as Handler<Identity>,
    );
  const edit = (account: Account | undefined) =>
    bySource(() => {
      database.account = account;
      database.epoch += 1;
    });
  const down = bySource(() => {
    database.isDown = true;
  });
  const { handlers, edits } = configured(make);
  return {
    handlers,
    delayMs: asked === "with recheck and epoch" ? 1_000 : durations.recheckMs,
    headers: { authorization: `Basic ${basicOf("one")}` },
    logIn: logInBy("Basic", basicOf("one")),
    edits: {
      ...edits,
      deleted: edit(undefined),
      "role removed": edit({ ...first, roles: roles["role removed"] }),
      "role added": edit({ ...first, roles: roles["role added"] }),
      "password changed": edit({ ...first, password: "two" }),
      "re-hashed": edit({ ...first, hash: 2 }),
      "down for 2 min": down,
      "down for longer": down,
    },
  };
}

export const createCallback =
  (asked: Asked) =>
  (_ground: Ground): Source =>
    createDatabase(asked, (handler) => handler);

/** The second of two links: the first declines all. */
export function createChain(_ground: Ground): Source {
  const first: Handler<Identity> = {
    ...basic({ verify: () => null, recheck: () => null, epoch: () => 1 }),
    fromHeader: (_payload: string, _context: HandlerContext) => ({ kind: "declined" }),
  };
  return createDatabase("with recheck and epoch", (handler) => chain("Basic", [first, handler]));
}
