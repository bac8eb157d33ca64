import { join } from "node:path";
import type { Awaitable } from "../../../src/base/awaitable.js";
import type { Platform } from "../../../src/base/platform.js";
import type { Auth } from "../../../src/engine/auth.js";
import type { Handler } from "../../../src/handlers/handler.js";
import { preSharedKey } from "../../../src/handlers/pre-shared-key.js";
import type { Identity } from "../../../src/model/identity.js";
import type { LogInOutcome } from "../../../src/model/log-in.js";
import type { Peer } from "../../../src/model/request.js";

/** What is done to an account, to what lets it in, or to what is asked about it. */
export const changes = [
  "disabled",
  "deleted",
  "role removed",
  "role added",
  "this key removed",
  "password changed",
  "re-hashed",
  "handler removed",
  "handler replaced",
  "down for 2 min",
  "down for longer",
] as const;

export type Change = (typeof changes)[number];

/** The roles of the account at first, and after a role was removed or added. */
export const roles = {
  first: ["user", "admin"],
  "role removed": ["user"],
  "role added": ["user", "admin", "more"],
} as const;

/** `source`: all processes see it. `configuration`: only the process that reloads sees it. */
export interface Edit {
  readonly by: "source" | "configuration";
  apply(): Awaitable<unknown>;
}

/** An account, and the handler that lets it in. */
export interface Source {
  /** The longest until its own process has heard of an edit, in milliseconds. */
  readonly delayMs: number;
  /** Makes the handlers of a process, by the configuration of now. */
  handlers(): readonly Handler<Identity>[];
  /** The credentials of the account as they come with a call; `undefined` where they cannot. */
  readonly headers: Readonly<Record<string, string>> | undefined;
  logIn(auth: Auth<Identity>): Promise<LogInOutcome>;
  readonly edits: Readonly<Partial<Record<Change, Edit>>>;
  close?(): Awaitable<unknown>;
}

export interface Ground {
  readonly platform: Platform;
  /** A folder of the test's own. */
  readonly folder: string;
}

export const bySource = (apply: Edit["apply"]): Edit => ({ by: "source", apply });
export const byConfiguration = (apply: Edit["apply"]): Edit => ({ by: "configuration", apply });

export const pathIn = ({ folder }: Ground, name: string): string => join(folder, name);

export const peer: Peer = { address: "127.0.0.1", trusted: false };
const target = { method: "POST", path: "/log-in" };

/** A log-in by one message. */
export function logInBy(scheme: string, payload: string, from: Peer = peer): Source["logIn"] {
  return async (auth) => auth.logIn({ scheme, payload }, { peer: from, target });
}

/** A log-in of several messages. */
export const exchange = async (auth: Auth<Identity>, scheme: string, payload: Uint8Array): Promise<LogInOutcome> =>
  auth.logIn({ scheme, payload }, { peer, target });

/** Stands for all other handlers of a configuration. */
const other: Handler<Identity> = preSharedKey({
  scheme: "Other",
  keys: { other: { key: "u7Qm2Zx9Lr4Wc8Tn1Vb6Ky3Hp5Jd0Gs" } },
}) as unknown as Handler<Identity>;

/** The handlers of a configuration, of which a reload may take one away, or put another one in its place. */
export function configured(make: () => Handler<Identity>): Pick<Source, "handlers" | "edits"> {
  let now: () => readonly Handler<Identity>[] = () => [make(), other];
  return {
    handlers: () => now(),
    edits: {
      "handler removed": byConfiguration(() => {
        now = () => [other];
      }),
      "handler replaced": byConfiguration(() => {
        now = () => [stranger(make()), other];
      }),
    },
  };
}

/** A handler of the same scheme, which does not know the account. */
function stranger({ scheme, opens, carrier }: Handler<Identity>): Handler<Identity> {
  return {
    ...{ scheme, opens, ...(carrier && { carrier, challenge: () => undefined }) },
    fromHeader: () => ({ kind: "rejected" }),
    recheck: () => undefined,
    epoch: () => -1,
  };
}
