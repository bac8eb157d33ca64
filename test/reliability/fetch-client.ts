import { Agent, fetch, type RequestInit } from "undici";
import { basicOf, type ClientContext, followByHand, type RunClient, type Wire } from "./client.js";
import { toLoss, toOutcome } from "./http-outcome.js";
import { callTimeoutMs } from "./pace.js";
import type { Call } from "./records.js";

/** A loop around `fetch`, with a password in the header for the log-in. Now and then a worker reads a stream. */
export const runFetchClient: RunClient = (name, context) =>
  followByHand(name, 4, context, () => openFetchWire(context, true));

/** @param streams whether calls now and then read a stream, as long as the session lives */
export function openFetchWire({ origin, ledger, random, isOver }: ClientContext, streams: boolean): Wire {
  // A password is offered a session once per connection, so each log-in has connections of its own.
  let agent = new Agent({ connections: 8 });

  async function send(call: Call, path: string, authorization: string, init: RequestInit = {}): Promise<void> {
    const headers = { ...init.headers, authorization, "x-request-id": call.id };
    try {
      const signal = AbortSignal.timeout(callTimeoutMs);
      const response = await fetch(origin + path, { ...init, headers, signal, dispatcher: agent });
      const body = await response.text();
      ledger.finish(call, toOutcome(response, path === "/app" ? body : undefined));
    } catch (error) {
      ledger.finish(call, toLoss(error));
    }
  }

  /** Reads for as long as ticks come. */
  async function follow(call: Call): Promise<void> {
    const silence = new AbortController();
    let timer = setTimeout(() => silence.abort(), callTimeoutMs);
    const headers = { authorization: `Bearer ${call.token}`, "x-request-id": call.id };
    try {
      const response = await fetch(`${origin}/ticks`, { headers, signal: silence.signal, dispatcher: agent });
      ledger.finish(call, toOutcome(response, undefined));
      if (response.status !== 200 || response.body === null) return void (await response.text());
      let rest = "";
      for await (const chunk of response.body) {
        clearTimeout(timer);
        timer = setTimeout(() => silence.abort(), callTimeoutMs);
        const lines = (rest + Buffer.from(chunk as Uint8Array).toString("latin1")).split("\n");
        rest = lines.pop() ?? "";
        for (const line of lines) ledger.tick(call, Number(line));
        if (isOver()) return;
      }
    } catch (error) {
      if (call.outcome === undefined) ledger.finish(call, toLoss(error));
    } finally {
      clearTimeout(timer);
    }
  }

  return {
    async logIn(account, call) {
      await send(call, "/app", basicOf(account));
      // Without an offer: the connection has had one before, whose answer was lost.
      if (call.outcome?.kind !== "let in" || call.outcome.token !== undefined) return;
      await agent.destroy();
      agent = new Agent({ connections: 8 });
    },
    call: (call) => (streams && random.chance(0.05) ? follow(call) : send(call, "/app", `Bearer ${call.token}`)),
    logOut: (call) =>
      send(call, "/sallyport.v1.AuthService/LogOut", `Bearer ${call.token}`, {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: "{}",
      }),
    close: () => void agent.destroy(),
  };
}
