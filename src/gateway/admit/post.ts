import { Agent as HttpAgent, request as httpRequest, type IncomingMessage } from "node:http";
import { Agent as HttpsAgent, request as httpsRequest } from "node:https";
import { type Breaker, isOwnFault } from "../../base/breaker.js";
import { AuthError } from "../../base/errors.js";
import type { Platform } from "../../base/platform.js";
import { describeUnavailable } from "../forward/unavailable.js";
import type { AuthorizeConfig } from "../route/route-config.js";

/** What the service answered. */
export interface ServiceAnswer {
  readonly status: number;
  /** `Cache-Control`, if it has one. */
  readonly cacheControl: string | undefined;
  /** The beginning of its body. */
  readonly body: string;
}

/** Connections to one service at a time; further questions wait within their time. */
export const mostConnections = 128;

/** What is read of a body, and what is taken of it before its connection is given up, in bytes. */
const [readBytes, takenBytes] = [4 * 1024, 64 * 1024];

/** Asks the service. */
export interface Post {
  /** @throws rejects with `AuthError` `unavailable`, worded to follow the address of the service */
  send(question: string): Promise<ServiceAnswer>;
  close(): void;
}

/** Makes what sends questions to a service, by way of its breaker. Redirects are not followed. */
export function createPost(config: AuthorizeConfig, platform: Platform, breaker: Breaker): Post {
  const { url, timeoutMs, bearerToken } = config;
  const isTls = url.startsWith("https:");
  const request = isTls ? httpsRequest : httpRequest;
  const agent = new (isTls ? HttpsAgent : HttpAgent)({ keepAlive: true, maxSockets: mostConnections });
  const common: Record<string, string> = { "content-type": "application/json", accept: "application/json" };
  let isClosed = false;
  if (bearerToken !== undefined) common.authorization = `Bearer ${bearerToken}`;

  /** @param isFresh on a connection of its own */
  function send(question: string, isFresh: boolean): Promise<ServiceAnswer> {
    const attempt = breaker.begin();
    if (attempt === undefined) {
      return Promise.reject(new AuthError("unavailable", describeUnavailable(refusedByBreaker)));
    }
    return new Promise((resolve, reject) => {
      let hasConnection = false;
      let isOver = false;
      const headers = { ...common, "content-length": Buffer.byteLength(question) };
      const asked = request(url, { method: "POST", agent: isFresh ? false : agent, headers });
      const cancel = platform.delay(timeoutMs, () => {
        const words = `gave no answer within ${timeoutMs} ms`;
        // Without a connection it waited for one of its own, which says nothing about the service.
        fail(words, hasConnection ? "failed" : "dropped");
      });

      /** Returns whether nothing was said about this attempt before. */
      function settle(): boolean {
        const isFirst = !isOver;
        isOver = true;
        cancel();
        return isFirst;
      }

      function fail(words: string, what: "failed" | "dropped"): void {
        if (!settle()) return;
        if (what === "failed") attempt?.failed(words);
        else attempt?.dropped();
        asked.destroy();
        reject(new AuthError("unavailable", words));
      }

      asked.on("socket", () => {
        hasConnection = true;
      });
      asked.on("error", (error: NodeJS.ErrnoException) => {
        // The service closed an idle connection while the question was under way to it.
        if (asked.reusedSocket && !isFresh && !isClosed && settle()) {
          attempt.dropped();
          resolve(send(question, true));
        } else fail(describeUnavailable(error), isOwnFault(error) ? "dropped" : "failed");
      });
      asked.on("response", (response) => {
        void read(response).then((body) => {
          if (body === undefined) fail("broke off its answer", "failed");
          else if (settle()) {
            attempt.succeeded();
            resolve({ status: response.statusCode ?? 0, cacheControl: response.headers["cache-control"], body });
          }
        });
      });
      asked.end(question);
    });
  }

  function close(): void {
    isClosed = true;
    agent.destroy();
  }

  return { send: (question) => send(question, false), close };
}

const refusedByBreaker: NodeJS.ErrnoException = Object.assign(new Error("the breaker is open"), {
  code: "breaker_open",
});

/** Returns the beginning of a body; `undefined` when it broke off. */
function read(response: IncomingMessage): Promise<string | undefined> {
  return new Promise((resolve) => {
    const chunks: Buffer[] = [];
    let bytes = 0;
    const end = (): void => resolve(Buffer.concat(chunks).subarray(0, readBytes).toString("utf8"));
    response.on("data", (chunk: Buffer) => {
      if (bytes < readBytes) chunks.push(chunk);
      bytes += chunk.length;
      if (bytes <= takenBytes) return;
      end();
      response.destroy();
    });
    response.on("end", end);
    response.on("error", () => {}).on("close", () => resolve(undefined));
  });
}
