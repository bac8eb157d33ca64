import type { Handler, Verdict } from "../../src/handlers/handler.js";
import { rejected } from "../../src/handlers/handler.js";
import type { Identity } from "../../src/model/identity.js";
import { describeHandler, type HandlerSuiteOptions } from "../../src/testing/handler-suite.js";

// Run by handler-suite.test.ts, in a process of its own: each fault must make its suite fail.

const key = "k3y-of-ada-0123456789";
const ada: Verdict = { kind: "accepted", identity: { subject: "ada" } };
const right = (payload: string) => (payload === key ? ada : rejected);
const handler = (more: Partial<Handler>): Handler => ({ scheme: "Key", opens: "nothing", fromHeader: right, ...more });

/** The account behind a handler that can be asked again, as its store has it. */
const store = { roles: ["user"] as readonly string[] | undefined, epoch: 0 };
const edit = (roles: readonly string[] | undefined) => () => {
  store.roles = roles;
  store.epoch += 1;
};
const asked = (more: Partial<Handler> = {}): Handler =>
  handler({
    fromHeader: (payload) =>
      payload === key ? { kind: "accepted", identity: { subject: "ada", roles: ["user"] }, via: "key 1" } : rejected,
    epoch: () => store.epoch,
    recheck: (_identity, { via }) =>
      via === "key 1" && store.roles !== undefined && { subject: "ada", roles: store.roles },
    ...more,
  });

let last = "";
let calls = 0;
const faults: Record<string, Handler> = {
  none: handler({}),
  lenient: handler({ fromHeader: (payload) => right(payload.toLowerCase().trim()) }),
  throwing: handler({ fromHeader: (payload) => right(decodeURIComponent(payload)) }),
  telling: handler({ challenge: (realm) => `Key realm="${realm}", hint="${key}"` }),
  malformed: handler({ challenge: (realm) => `Key realm="${realm}"` }),
  showing: handler({ keys: [key] } as Partial<Handler>),
  dated: handler({
    fromHeader: (payload) =>
      payload === key ? { kind: "accepted", identity: { subject: "ada", since: new Date(0) } as Identity } : rejected,
  }),
  copying: handler({
    fromHeader: (payload) =>
      payload === key ? { kind: "accepted", identity: { subject: "ada", key } as Identity } : rejected,
  }),
  crossing: handler({
    fromHeader: async (payload) => {
      last = payload;
      await new Promise(setImmediate);
      return right(last);
    },
  }),
  once: handler({ fromHeader: (payload) => (payload === key && calls++ > 0 ? rejected : right(payload)) }),
  unavailable: handler({ fromHeader: (payload) => (payload === key ? ada : { kind: "unavailable" }) }),
  asked: asked(),
  forgetful: asked({ recheck: () => undefined }),
  trusting: asked({ recheck: (identity) => identity }),
  deaf: asked({ epoch: () => 1 }),
  marking: asked({
    fromHeader: (payload) => (payload === key ? { ...(ada as Verdict & { kind: "accepted" }), via: key } : rejected),
    recheck: () => ({ subject: "ada" }),
  }),
  renaming: asked({ recheck: () => store.roles && { subject: store.epoch === 0 ? "ada" : "eve", roles: store.roles } }),
  sealed: handler({ recheck: undefined as never }),
  nameless: handler({ scheme: "my key" }),
};

const options: Omit<HandlerSuiteOptions, "create" | "stalled"> = {
  good: [{ payload: key, subject: "ada" }],
  bad: ["", "x"],
};
for (const [fault, made] of Object.entries(faults)) {
  const isAsked = made.epoch !== undefined || fault === "sealed";
  describeHandler(fault, {
    ...options,
    ...(isAsked && { gone: edit(undefined), changed: edit(["admin"]) }),
    create: () => {
      Object.assign(store, { roles: ["user"], epoch: 0 });
      return made;
    },
    stalled:
      fault === "crossing"
        ? { create: () => handler({ fromHeader: () => new Promise<Verdict>(() => {}) }), payload: key }
        : "answers at once",
  });
}
