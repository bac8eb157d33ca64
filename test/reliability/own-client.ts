import { setTimeout as delay } from "node:timers/promises";
import { Agent, type Dispatcher, fetch as undiciFetch } from "undici";
import { AuthClient } from "../../src/client/auth-client.js";
import { AuthenticationFailedError } from "../../src/client/bearer/authentication-failed-error.js";
import { type ClientContext, mayWait, password, type RunClient, tokenIn } from "./client.js";
import { toLoss, toOutcome } from "./http-outcome.js";
import { callTimeoutMs } from "./pace.js";

const workers = 3;

/** The project's own client, which logs in again by itself. Each request that it sends is noted. */
export const runOwnClient: RunClient = async (name, context) => {
  const { ledger, random, takeAccount, isOver, stayMs, origin } = context;
  for (let account = takeAccount(); !isOver(); ) {
    const agent = new Agent({ connections: 8 });
    const client = new AuthClient({
      baseUrl: origin,
      fetch: createNotedFetch(name, account, context, agent),
      rpcTimeoutSeconds: callTimeoutMs / 1_000,
      keepAliveMs: 1_000,
    });
    let isRefused = false;
    const attempt = async (what: () => Promise<unknown>): Promise<boolean> => {
      try {
        await what();
        return true;
      } catch (error) {
        if (error instanceof AuthenticationFailedError) isRefused = true;
        return false;
      }
    };
    const again = () => delay(random.between(1, 300));
    while (!isOver() && !isRefused && !(await attempt(() => client.password(account, password)))) await again();
    const endsAt = Date.now() + random.gap(stayMs);
    const work = async (): Promise<void> => {
      while (!isOver() && !isRefused && Date.now() < endsAt) {
        const call = random.chance(0.7)
          ? () => client.fetch("/app").then((response) => response.text())
          : () => client.whoAmI();
        await attempt(call);
        await delay(random.between(1, 120));
      }
    };
    await Promise.all(Array.from({ length: workers }, work));
    const told = client.token === undefined ? undefined : ledger.endSession(client.token);
    const isOut = await attempt(() => client.close());
    told?.(isOut);
    await agent.destroy();
    if (isRefused) account = takeAccount();
  }
};

function createNotedFetch(
  name: string,
  account: string,
  context: ClientContext,
  dispatcher: Dispatcher,
): typeof globalThis.fetch {
  const { ledger } = context;
  return async (input, init = {}) => {
    const url = String(input);
    const headers = new Headers(init.headers);
    const token = tokenIn(headers.get("authorization"));
    const what = /\/(\w+)$/.exec(url)?.[1] ?? "";
    if (what === "app") await mayWait(context);
    const call = ledger.begin(`${name} ${what}`, account, token);
    headers.set("x-request-id", call.id);
    const signals = [AbortSignal.timeout(callTimeoutMs), ...(init.signal ? [init.signal] : [])];
    try {
      const response = (await undiciFetch(url, {
        ...({ ...init, headers: [...headers] } as object),
        signal: AbortSignal.any(signals),
        dispatcher,
      })) as unknown as Response;
      const body = await response.arrayBuffer();
      const subject = what === "app" ? Buffer.from(body).toString() : undefined;
      ledger.finish(call, toOutcome(response, subject));
      return new Response(body, { status: response.status, headers: response.headers });
    } catch (error) {
      ledger.finish(call, toLoss(error));
      throw error;
    }
  };
}
