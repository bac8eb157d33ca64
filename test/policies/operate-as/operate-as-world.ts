import assert from "node:assert/strict";
import { type Auth, createAuth } from "../../../src/engine/auth.js";
import type { AuthOptions } from "../../../src/engine/options.js";
import type { Handler } from "../../../src/handlers/handler.js";
import { basic } from "../../../src/handlers/password/basic.js";
import type { Decision } from "../../../src/model/decision.js";
import type { AuthEvent } from "../../../src/model/events.js";
import type { LogInOutcome, SessionOpened } from "../../../src/model/log-in.js";
import type { AuthRequest } from "../../../src/model/request.js";
import type { Caller } from "../../../src/model/session.js";
import type { OperateAsPolicy } from "../../../src/policies/operate-as/policy.js";
import { type OperateAsRule, operateAsRules } from "../../../src/policies/operate-as/rules.js";
import { memory } from "../../../src/stores/memory/memory.js";
import { createWorld, type World } from "../../world.js";

export interface User {
  readonly subject: string;
  readonly roles: readonly string[];
}

export const request = (authorization: string): AuthRequest => ({
  method: "GET",
  path: "/",
  rawHeaders: ["authorization", authorization],
  peer: { address: "192.0.2.1", trusted: false },
});

export interface OperateAsWorld extends World {
  readonly auth: Auth<User>;
  readonly users: Map<string, User>;
  readonly events: AuthEvent[];
  /** What the policy goes by; may be replaced. */
  readonly current: { rules: readonly OperateAsRule[] };
  logIn(user: string, as?: string, reason?: string): Promise<LogInOutcome<User>>;
  opened(user: string, as?: string, reason?: string): Promise<SessionOpened<User>>;
  call(token: string): Decision<User> | Promise<Decision<User>>;
  callerOf(token: string): Promise<Caller<User>>;
}

/** An engine with some users, whose password is their name, and a policy. */
export function start(
  rules: readonly OperateAsRule[],
  options: Partial<AuthOptions<Handler<User>>> = {},
): OperateAsWorld {
  const world = createWorld();
  const users = new Map<string, User>();
  for (const [subject, ...roles] of [
    ["ada", "support"],
    ["bob", "user"],
    ["carol", "admin"],
    ["dave", "user"],
  ]) {
    users.set(subject as string, { subject: subject as string, roles });
  }
  const events: AuthEvent[] = [];
  const current = { rules };
  const identify = (subject: string) => users.get(subject) ?? null;
  const policy: OperateAsPolicy<User> = {
    identify,
    grant: (asked) => operateAsRules({ identify, rules: current.rules }).grant(asked),
  };
  const store = options.store ?? memory({ platform: world.platform });
  const auth: Auth<User> = createAuth({
    handlers: [basic({ verify: (user, password) => (user === password ? users.get(user) : null) })],
    store,
    platform: world.platform,
    onEvent: (event) => events.push(event),
    operateAs: policy,
    ...options,
  });
  const logIn = (user: string, as?: string, reason?: string) =>
    auth.logIn(
      { scheme: "basic", payload: Buffer.from(`${user}:${user}`).toString("base64") },
      {
        peer: { address: "192.0.2.1", trusted: false },
        target: { method: "POST", path: "/" },
        ...(as !== undefined && { operateAs: { subject: as, reason } }),
      },
    );
  return {
    ...world,
    auth,
    users,
    events,
    current,
    logIn,
    async opened(user: string, as?: string, reason?: string) {
      const outcome = await logIn(user, as, reason);
      assert.equal(outcome.kind, "opened");
      return outcome as SessionOpened<User>;
    },
    call: (token: string) => auth.authenticate(request(`Bearer ${token}`)),
    async callerOf(token: string) {
      const decision = await auth.authenticate(request(`Bearer ${token}`));
      assert.equal(decision.kind, "allowed");
      return (decision as Extract<typeof decision, { kind: "allowed" }>).caller;
    },
  };
}
