import type { Handler, Verdict } from "../../src/handlers/handler.js";
import { rejected } from "../../src/handlers/handler.js";
import type { Identity } from "../../src/model/identity.js";
import { describeHandler, type HandlerSuiteOptions } from "../../src/testing/handler-suite.js";

// Run by handler-suite.test.ts, in a process of its own: each fault must make its suite fail.

const key = "k3y-of-ada-0123456789";
const ada: Verdict = { kind: "accepted", identity: { subject: "ada" } };
const right = (payload: string) => (payload === key ? ada : rejected);
const handler = (more: Partial<Handler>): Handler => ({ scheme: "Key", opens: "nothing", fromHeader: right, ...more });

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
  nameless: handler({ scheme: "my key" }),
};

const options: Omit<HandlerSuiteOptions, "create" | "stalled"> = {
  good: [{ payload: key, subject: "ada" }],
  bad: ["", "x"],
};
for (const [fault, made] of Object.entries(faults)) {
  describeHandler(fault, {
    ...options,
    create: () => made,
    stalled:
      fault === "crossing"
        ? { create: () => handler({ fromHeader: () => new Promise<Verdict>(() => {}) }), payload: key }
        : "answers at once",
  });
}
