import type { Awaitable } from "../../../src/base/awaitable.js";
import { lacksSlapd } from "../../handlers/ldap/slapd.js";
import { createExternal } from "./browser.js";
import { createLdap } from "./directory.js";
import { createAnonymous, createCertificate, createJwt } from "./issued.js";
import {
  all,
  atProvider,
  configuration,
  database,
  file,
  noDisabled,
  noKeys,
  none,
  noSource,
  type Outcome,
  removed,
  unasked,
  unhashed,
  withoutStreams,
} from "./outcomes.js";
import { createCallback, createChain, createHtpasswd, createUserFile } from "./passwords.js";
import { createApiKeyDatabase, createApiKeyFile, createAuthorizedKeys, createPreSharedKeys } from "./programs.js";
import { createOidc } from "./providers.js";
import type { Change, Ground, Source } from "./source.js";

export interface Row {
  readonly make: (ground: Ground) => Awaitable<Source>;
  /** Why it cannot run here; `undefined` where it can. */
  readonly lacks?: string | undefined;
  readonly outcomes: Readonly<Record<Change, Outcome>>;
}

/**
 * Three times five letters: in the process of the edit, in another process on the same database, and after a reload. Each time:
 * a call by a token, a call by the credentials (`ada` logs in anew where they cannot come with a call), a call by a token that is
 * due; streams of a token, and streams of the credentials: server-sent events, a WebSocket and gRPC fare alike.
 *
 * - `i` in: as before; a stream goes on.
 * - `o` out: 401; a stream ends.
 * - `r` with the roles of today.
 * - `u` 503, `unavailable`.
 * - `-` nothing: the credentials open no stream.
 *
 * Another process sees the edit of a source at once, and hears of the edit of a configuration by the store alone.
 */
export const table: Readonly<Record<string, Row>> = {
  "user file": {
    make: createUserFile,
    outcomes: {
      disabled: all("ooooo"),
      deleted: all("ooooo"),
      "role removed": all("rrroo"),
      "role added": all("rrrii"),
      "this key removed": noKeys,
      "password changed": all("ooooo"),
      "re-hashed": all("oiooo"),
      ...{ ...removed, ...file },
    },
  },
  htpasswd: {
    make: createHtpasswd,
    outcomes: {
      disabled: noDisabled,
      deleted: all("ooooo"),
      "role removed": configuration.lost,
      "role added": configuration.added,
      "this key removed": noKeys,
      "password changed": all("ooooo"),
      "re-hashed": all("oiooo"),
      ...{ ...removed, ...file },
    },
  },
  "authorized keys": {
    make: createAuthorizedKeys,
    outcomes: {
      disabled: all("oooo-"),
      deleted: all("oooo-"),
      "role removed": all("rrro-"),
      "role added": all("rrri-"),
      "this key removed": all("oooo-"),
      ...unhashed,
      ...withoutStreams({ ...removed, ...file }),
    },
  },
  "pre-shared keys": {
    make: createPreSharedKeys,
    outcomes: {
      disabled: noDisabled,
      deleted: configuration.gone,
      "role removed": configuration.lost,
      "role added": configuration.added,
      "this key removed": configuration.gone,
      "password changed": configuration.gone,
      "re-hashed": all("iiiii"),
      ...removed,
      ...noSource,
    },
  },
  "API keys of a file": {
    make: createApiKeyFile,
    outcomes: {
      disabled: all("ooooo"),
      deleted: all("ooooo"),
      "role removed": all("rrroo"),
      "role added": all("rrrii"),
      "this key removed": all("ooooo"),
      ...unhashed,
      ...{ ...removed, ...file },
    },
  },
  "API keys of a database": {
    make: createApiKeyDatabase,
    outcomes: {
      disabled: unasked,
      deleted: unasked,
      "role removed": all("rrroo"),
      "role added": all("rrrii"),
      "this key removed": unasked,
      ...unhashed,
      ...{ ...removed, ...database },
    },
  },
  "client certificate": {
    make: createCertificate,
    outcomes: {
      disabled: configuration.gone,
      deleted: configuration.gone,
      "role removed": configuration.lost,
      "role added": configuration.added,
      "this key removed": configuration.gone,
      ...unhashed,
      ...removed,
      ...noSource,
    },
  },
  // A directory does not tell that a password was changed.
  directory: {
    make: createLdap,
    lacks: lacksSlapd,
    outcomes: {
      disabled: unasked,
      deleted: unasked,
      "role removed": all("rrroo"),
      "role added": all("rrrii"),
      "this key removed": noKeys,
      "password changed": all("ioiii"),
      "re-hashed": all("iiiii"),
      ...{ ...removed, ...database },
    },
  },
  "token of an issuer": {
    make: createJwt,
    outcomes: {
      ...atProvider,
      "this key removed": none("a token has no key"),
      ...removed,
      ...noSource,
    },
  },
  oidc: {
    make: createOidc,
    outcomes: {
      ...atProvider,
      "this key removed": none("a token has no key"),
      ...removed,
      "down for 2 min": none("the provider's keys are known: see the tests of the handler"),
      "down for longer": none("the provider's keys are known: see the tests of the handler"),
    },
  },
  external: {
    make: createExternal,
    outcomes: {
      ...withoutStreams({ ...atProvider, ...removed }),
      "this key removed": none("a key is for one log-in"),
      "down for 2 min": none("the provider is asked at a log-in only"),
      "down for longer": none("the provider is asked at a log-in only"),
    },
  },
  anonymous: {
    make: createAnonymous,
    outcomes: {
      disabled: noDisabled,
      deleted: none("the handler is the account"),
      "role removed": configuration.lost,
      "role added": configuration.added,
      "this key removed": none("there is no key"),
      ...unhashed,
      ...removed,
      ...noSource,
    },
  },
  "callback with recheck and epoch": {
    make: createCallback("with recheck and epoch"),
    outcomes: {
      disabled: noDisabled,
      deleted: all("ooooo"),
      "role removed": all("rrroo"),
      "role added": all("rrrii"),
      "this key removed": noKeys,
      "password changed": all("ooooo"),
      "re-hashed": all("iiiii"),
      ...{ ...removed, ...database },
    },
  },
  "callback with recheck": {
    make: createCallback("with recheck"),
    outcomes: {
      disabled: noDisabled,
      deleted: unasked,
      "role removed": all("rrroo"),
      "role added": all("rrrii"),
      "this key removed": noKeys,
      "password changed": unasked,
      "re-hashed": all("iiiii"),
      ...{ ...removed, ...database },
    },
  },
  // Never asked again, as `external` is not: `sessions end` is the way to shut an account out.
  "callback without recheck": {
    make: createCallback("without recheck"),
    outcomes: {
      disabled: noDisabled,
      deleted: all("ioiii"),
      "role removed": all("iriii"),
      "role added": all("iriii"),
      "this key removed": noKeys,
      "password changed": all("ioiii"),
      "re-hashed": all("iiiii"),
      ...removed,
      "down for 2 min": all("iuiii"),
      "down for longer": all("iuiii"),
    },
  },
  chain: {
    make: createChain,
    outcomes: {
      disabled: noDisabled,
      deleted: all("ooooo"),
      "role removed": all("rrroo"),
      "role added": all("rrrii"),
      "this key removed": noKeys,
      "password changed": all("ooooo"),
      "re-hashed": all("iiiii"),
      ...{ ...removed, ...database },
    },
  },
};
