import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, describe, test } from "node:test";
import { AuthError } from "../../src/base/errors.js";
import { revokeKeyFile, rotateKeyFile } from "../../src/keys/edit-key-file.js";
import { keyFile } from "../../src/keys/key-file.js";
import { openKeys } from "../../src/keys/key-ring.js";
import { createWorld } from "../world.js";

describe("revoking keys of a file", () => {
  const folder = mkdtempSync(join(tmpdir(), "sallyport-revoke-"));
  after(() => rmSync(folder, { recursive: true }));
  let files = 0;

  /** A file of three keys: one that stopped signing, the one that signs, and one that waits. */
  function start() {
    const world = createWorld();
    const { platform, advance } = world;
    const path = join(folder, `${++files}.keys`);
    const [{ id: old = 0 } = {}] = keyFile(path, { create: true, platform }).load();
    const signs = rotateKeyFile(path, { platform, activateAfterMs: 1_000 });
    advance(2_000);
    const waits = rotateKeyFile(path, { platform, activateAfterMs: 60_000 });
    const ids = (): number[] =>
      keyFile(path)
        .load()
        .map(({ id }) => id);
    return { ...world, path, old, signs, waits, ids, signing: () => openKeys(keyFile(path), platform).signing().id };
  }

  test("the key that signs is replaced at once by a new one, and not by an older one", () => {
    const { path, platform, old, signs, waits, ids, signing } = start();
    const secret = /"secret": "([^"]+)"/g;
    const before = readFileSync(path, "utf8").match(secret) ?? [];
    const { revoked, added, at } = revokeKeyFile(path, [signs], { platform });
    assert.deepEqual([revoked, at], [[signs], platform.now()]);
    assert.deepEqual(ids(), [old, waits, added]);
    assert.equal(signing(), added);
    const text = readFileSync(path, "utf8");
    assert.equal(text.includes(before[1] ?? "?"), false, "the secret has left the file");
    assert.deepEqual((JSON.parse(text) as { revoked: unknown }).revoked, [
      { id: signs, at: new Date(at).toISOString() },
    ]);
  });

  test("while the key that signs stays, none is made", () => {
    const { path, platform, old, signs, waits, ids, signing } = start();
    assert.equal(revokeKeyFile(path, [old, waits], { platform }).added, undefined);
    assert.deepEqual([ids(), signing()], [[signs], signs]);
  });

  test("all keys are revoked where the file itself was copied", () => {
    const { path, platform, old, signs, waits, ids } = start();
    const { revoked, added } = revokeKeyFile(path, "all", { platform });
    assert.deepEqual([revoked, ids()], [[old, signs, waits], [added]]);
  });

  test("what the file does not hold is refused, and nothing has changed", () => {
    const { path, platform, old } = start();
    revokeKeyFile(path, [old], { platform });
    const before = readFileSync(path, "utf8");
    const cases: readonly (readonly [ids: readonly number[], message: RegExp])[] = [
      [[7], /^key 7 is not in .*; list the keys with: sallyport keys ls /],
      [[old], /^key \d+ was revoked at 20.*Z in .*; list the keys/],
      [[], /needs the ids of the keys to revoke$/],
    ];
    for (const [ids, message] of cases) {
      assert.throws(
        () => revokeKeyFile(path, ids, { platform }),
        (error) => error instanceof AuthError && error.code === "invalid_options" && message.test(error.message),
      );
    }
    assert.equal(readFileSync(path, "utf8"), before);
  });

  test("no rotation forgets a revocation: sessions that it ended would come back, under keys that stay", () => {
    const { path, platform, advance, old, signs } = start();
    const session = { createdAt: platform.now(), keyId: signs };
    const { at } = revokeKeyFile(path, [old], { platform });
    advance(60_001);
    rotateKeyFile(path, { platform, keepMs: 60_000 });
    const keys = openKeys(keyFile(path), platform);
    assert.deepEqual([keys.find(signs)?.id, keys.revocationOf(session)], [signs, at]);
  });
});
