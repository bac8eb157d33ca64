import assert from "node:assert/strict";
import { test } from "node:test";
import type { Awaitable } from "../base/awaitable.js";
import type { Handler, HandlerContext, RecheckContext, Verdict } from "../handlers/handler.js";
import { type Identity, requireIdentityJson } from "../model/identity.js";

/** Edits of what is behind a handler with `recheck`. Both concern the account of the first good payload. */
export interface HandlerEdits {
  /** Removes the account, or what lets it in, and returns when the handler must know. Default: not tested. */
  readonly gone?: (() => Awaitable<unknown>) | undefined;
  /** Gives the account other roles or members, and returns when the handler must know. Default: not tested. */
  readonly changed?: (() => Awaitable<unknown>) | undefined;
}

interface Parts extends HandlerEdits {
  create(): Awaitable<Handler>;
  readonly payloads: readonly string[];
  /** One context for a log-in and what is asked later: both derive by the same keys. */
  contextOf(): HandlerContext;
  assertNoSecret(text: string): void;
}

/** Declares the tests of `recheck`, which pass where the handler has none and no edit is given. */
export function testRecheck({ create, payloads, contextOf, assertNoSecret, gone, changed }: Parts): void {
  async function logIn(handler: Handler, context: HandlerContext, payload: string) {
    const verdict: Verdict | undefined = await handler.fromHeader?.(payload, context);
    assert.ok(verdict?.kind === "accepted", `${verdict?.kind} in place of accepted`);
    // As a session keeps it.
    return { identity: JSON.parse(requireIdentityJson(verdict.identity)) as Identity, via: verdict.via };
  }

  const ask = async (
    handler: Handler,
    { proofs, signal }: HandlerContext,
    { identity, via }: Awaited<ReturnType<typeof logIn>>,
  ): Promise<unknown> => {
    const context: RecheckContext = { via, signal, derive: proofs.derive };
    const answer = await handler.recheck?.(structuredClone(identity), context);
    return answer ? JSON.parse(requireIdentityJson(answer)) : undefined;
  };

  test("asked again, it gives each account as it let it in, and what the session keeps for that is no secret", async () => {
    const handler = await create();
    if (handler.recheck === undefined) return;
    const context = contextOf();
    for (const payload of [...payloads, ...payloads]) {
      const who = await logIn(handler, context, payload);
      assert.match(
        who.via ?? "none",
        /^[\x21-\x7e]([\x20-\x7e]{0,62}[\x21-\x7e])?$/,
        "via is 1 to 64 visible characters",
      );
      assertNoSecret(who.via ?? "");
      assert.deepEqual(await ask(handler, context, who), who.identity);
    }
  });

  test("asked again with a deadline that has passed, it still settles", async () => {
    const handler = await create();
    if (handler.recheck === undefined) return;
    const context = contextOf();
    for (const payload of payloads) {
      const who = await logIn(handler, context, payload);
      await Promise.allSettled([ask(handler, { ...context, signal: AbortSignal.abort() }, who)]);
    }
  });

  for (const [name, edit, expect] of [
    ["gone", gone, (now: unknown) => assert.equal(now, undefined, "the account is gone, and was confirmed")],
    [
      "changed",
      changed,
      (now: unknown, was: Identity) => {
        assert.notDeepEqual(now, was, "the account has changed, and was given as before");
        assert.equal((now as Identity | undefined)?.subject, was.subject, "another subject, or none");
      },
    ],
  ] as const) {
    if (edit === undefined) continue;
    test(`asked again about an account that is ${name}, it says so, and its epoch differs`, async () => {
      const handler = await create();
      assert.ok(handler.recheck, `${name} is given, and the handler has no recheck`);
      const context = contextOf();
      const who = await logIn(handler, context, payloads[0] ?? "");
      const epoch = handler.epoch?.();
      await edit();
      assert.ok(epoch === undefined || handler.epoch?.() !== epoch, "the epoch is the same as before the edit");
      expect(await ask(handler, context, who), who.identity);
    });
  }
}
