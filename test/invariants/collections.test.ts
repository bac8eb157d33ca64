import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";

/** The rooms whose state a client can make grow. */
const rooms = ["credentials", "keys", "binding", "handlers", "sessions", "policies", "tickets", "engine", "stores"];

/**
 * What bounds each collection that outlives a call, and the test of its worst case. A collection in a file that is not
 * here fails the test below.
 */
const bounds: Readonly<Record<string, string>> = {
  "binding/dpop-nonce.ts": "maxKnown: binding/dpop.test.ts",
  "binding/dpop-proof.ts": "maxKnownKeys, filled by good signatures only",
  "binding/dpop-replay.ts": "max, refused beyond: binding/dpop-replay.test.ts, binding/bound-session.test.ts",
  "handlers/remembered-credentials.ts": "maxRemembered, the oldest goes: handlers/remembered-credentials.test.ts",
  "handlers/api-key/api-key.ts": "maxNoted; keys that exist",
  "handlers/certificate/client-certificate.ts": "maxRemembered; only trusted proxies can fill it",
  "handlers/api-key/known-keys.ts":
    "maxKnown, the one that was read longest ago goes: handlers/api-key/known-keys.test.ts",
  "handlers/api-key/usage.ts": "keys that exist",
  "handlers/private-key/quota.ts": "most of a window: handlers/private-key",
  "handlers/external/waiting.ts": "a thousand, fifty of one source: handlers/external/external.test.ts",
  "sessions/known-sessions.ts": "maxKnownSessions: invariants/bounded.test.ts",
  "sessions/session-answers.ts": "callbacks of the application",
  "sessions/ask-owner.ts": "maxAsking: sessions/recheck.test.ts",
  "sessions/sightings.ts": "maxSightings, the oldest goes: sessions/recheck.test.ts",
  "engine/end-with-keys.ts": "watches",
  "engine/holds.ts": "streams that are open: engine/holds.test.ts",
  "sessions/child-index.ts": "sessions of known-sessions.ts, each with maxParents at most",
  "sessions/sessions.ts": "one call: the sessions from which those of its page began",
  "policies/audit/audit.ts": "sinks",
  "policies/throttle/shared-numbers.ts": "calls under way, of which maxUnderWay are guesses",
  "tickets/ticket-quota.ts": "ofOwner and ofAll, refused beyond: tickets/ticket-quota.test.ts",
  "stores/row.ts": "rememberedRules",
  "stores/memory/expiring.ts": "maxRecords: stores/max-records.test.ts; proofs by those who put them",
  "stores/memory/memory.ts": "caps of each subject: invariants/bounded.test.ts; marks of ten minutes, set by operators",
  "stores/memory/cap-counts.ts": "owners of rows",
  "stores/memory/name-index.ts": "names of rows",
  "stores/memory/sealed.ts":
    "live rows, each with a name for each upstream that wants a log-in: testing/store/sealed.ts",
  "stores/sqlite/end-log.ts": "ends between two looks",
  "stores/sqlite/excess.ts": "kinds of records",
  "stores/sqlite/feed.ts": "watches",
};

/** Files whose collections are made of configuration, a file or one message, and do not grow after that. */
const fixed: ReadonlySet<string> = new Set([
  "credentials/token-carriers.ts",
  "keys/key-file.ts",
  "keys/edit-key-file.ts",
  "keys/key-ring.ts",
  "engine/choose-carrier.ts",
  "engine/watch-epochs.ts",
  "engine/watch-keys.ts",
  "handlers/handler-table.ts",
  "handlers/own-header.ts",
  "handlers/pre-shared-key.ts",
  "handlers/api-key/file-format.ts",
  "handlers/certificate/forwarded-certificate.ts",
  "handlers/certificate/read-certificate.ts",
  "handlers/certificate/rules.ts",
  "handlers/ldap/ldap.ts",
  "handlers/ldap/options.ts",
  "handlers/external/pages.ts",
  "handlers/oidc/claim-mapping.ts",
  "handlers/oidc/jwt-keys.ts",
  "handlers/oidc/kept.ts",
  "handlers/oidc/provider-health.ts",
  "handlers/oidc/tenant-mapping.ts",
  "handlers/oidc/tenants.ts",
  "handlers/password/check.ts",
  "handlers/password/file.ts",
  "handlers/password/prepare-password.ts",
  "handlers/password/user-file-format.ts",
  "handlers/private-key/authorized-keys-format.ts",
  "policies/operate-as/rules.ts",
]);

test("every collection of the engine has a bound that is written down", () => {
  const source = fileURLToPath(new URL("../../../src", import.meta.url));
  const found = rooms.flatMap((room) =>
    readdirSync(join(source, room), { recursive: true, encoding: "utf8" })
      .filter((name) => name.endsWith(".ts"))
      .map((name) => `${room}/${name.replaceAll("\\", "/")}`)
      .filter((name) =>
        readFileSync(join(source, name), "utf8")
          .split("\n")
          // A constant of the module is written once.
          .some((line) => /new (Map|Set)\b/.test(line) && !/Readonly(Map|Set)</.test(line)),
      ),
  );
  const unnamed = found.filter((name) => !(name in bounds) && !fixed.has(name));
  assert.deepEqual(unnamed, [], "say in this file what bounds them, and test their worst case");
  const gone = [...Object.keys(bounds), ...fixed].filter((name) => !found.includes(name));
  assert.deepEqual(gone, [], "these have no collection any more");
});
