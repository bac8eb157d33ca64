import { message } from "./raw-kinds.js";
import type { Method, RpcCaller, RpcOutcome } from "./rpc-callers.js";
import { bigHead } from "./serve-http.js";
import type { Stage } from "./stage.js";

type Fields = Readonly<Record<string, string>>;
export type RunRpc = (caller: RpcCaller, stage: Stage, fields: Fields) => Promise<string>;

const text = message.toString("latin1");

function summary({ messages, code, error, why }: RpcOutcome): string {
  const said = messages.map((each) => (each === text ? "the same" : each.length > 100 ? `${each.length}` : each));
  const told = why === undefined ? "" : `: ${error}, ${why}`;
  return [...said, `${code}${told}`].join(" ");
}

async function* of(...messages: string[]): AsyncIterable<string> {
  yield* messages;
}

/** Messages, of which each one follows when it is asked for; `end` ends them. */
function queue(...first: string[]) {
  const waiting = [...first];
  let isEnded = false;
  let wake = (): void => {};
  async function* messages(): AsyncIterable<string> {
    for (;;) {
      for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) yield next;
      if (isEnded) return;
      await new Promise<void>((resolve) => {
        wake = resolve;
      });
    }
  }
  return {
    messages: messages(),
    send(next: string): void {
      waiting.push(next);
      wake();
    },
    end(): void {
      isEnded = true;
      wake();
    },
  };
}

/** A call without more. */
const simple =
  (method: Method, messages: readonly string[], more: Fields = {}, timeoutMs?: number): RunRpc =>
  async (caller, _stage, fields) => {
    const time = timeoutMs === undefined ? {} : { timeoutMs };
    return summary(await caller.call({ method, messages: of(...messages), fields: { ...fields, ...more }, ...time }));
  };

/** What is done, and returns what caller and upstream saw of it in short. */
export const rpcKinds: Readonly<Record<string, RunRpc>> = {
  unary: simple("say", ["hello"]),
  "server stream": simple("count", ["3"]),
  "client stream": simple("gather", ["a", "b", "c"]),
  error: simple("say", ["fail"]),
  "error in a stream": simple("count", ["fail"]),
  "103": simple("say", ["hello"], { "x-hint": "yes" }),
  "1 MB of metadata of the answer": simple("say", ["big head"]),
  "16 MB both ways": simple("say", [text]),
  deadline: simple("say", ["silent"], {}, 50),

  async "stream both ways"(caller, _stage, fields) {
    const { messages, send, end } = queue("1");
    const onMessage = (said: string): void => (said === "3" ? end() : send(`${Number(said) + 1}`));
    return summary(await caller.call({ method: "chat", messages, fields, onMessage }));
  },

  async trailers(caller, _stage, fields) {
    const asked = { ...fields, "x-asked": "asked" };
    const { code, came, end } = await caller.call({ method: "say", messages: of("hello"), fields: asked });
    return `${code}, header: ${came}, trailer: ${end}`;
  },

  async "early answer"(caller, _stage, fields) {
    const { messages, end } = queue("early");
    const outcome = await caller.call({ method: "gather", messages, fields });
    end();
    return summary(outcome);
  },

  async "upload aborted"(caller, stage, fields) {
    const { messages, end } = queue("a");
    const controller = new AbortController();
    const arrived = stage.cue();
    const over = caller.call({ method: "gather", messages, fields, signal: controller.signal });
    await Promise.race([arrived, over]);
    controller.abort();
    const outcome = await over;
    end();
    return `${summary(outcome)}, upstream: ${outcome.code === "Canceled" ? await stage.seen(fields["x-cell"] ?? "") : "-"}`;
  },

  async cancel(caller, stage, fields) {
    const controller = new AbortController();
    const onMessage = (): void => controller.abort();
    const { signal } = controller;
    const outcome = await caller.call({ method: "count", messages: of("wait"), fields, signal, onMessage });
    return `${summary(outcome)}, upstream: ${outcome.messages.length > 0 ? await stage.seen(fields["x-cell"] ?? "") : "-"}`;
  },

  async "upstream killed"(caller, stage, fields) {
    const onMessage = (): void => stage.breakOff();
    return summary(await caller.call({ method: "count", messages: of("wait"), fields, onMessage }));
  },

  // The last: over HTTP/2 the connection ends with it.
  "1 MB of metadata": simple("say", ["hello"], bigHead),
};
