import type { OptionKinds } from "../../wire/option-fault.js";
import type { Bearer } from "./bearer.js";
import { requireClientOptions } from "./require-options.js";

/** Options of `createAuthFetch`. */
export interface AuthFetchOptions {
  /**
   * The URL of the service; in a browser it may be relative to the page. Relative URLs are resolved against it, and
   * only its origin gets the token.
   */
  readonly baseUrl: string | URL;
  readonly bearer: Bearer;
  /** The function that sends the requests. Default: the platform's `fetch`, looked up at each call. */
  readonly fetch?: typeof globalThis.fetch | undefined;
}

const createAuthFetchKinds: OptionKinds<AuthFetchOptions> = {
  baseUrl: "string|object!",
  bearer: "object!",
  fetch: "function",
};

/**
 * Makes a `fetch` for plain HTTP that sends the token and follows its rotation. It repeats a request that was refused
 * with 401 if the body can be sent twice: none, text, bytes, a `Blob` or a form. A body that is a stream, or inside a
 * `Request`, is sent once, and the next request has a new session.
 *
 * The token goes to the origin of `baseUrl` only. Every `fetch` removes `Authorization` from a request that it
 * redirects to another origin (Fetch standard, HTTP-redirect fetch, step 13), and tokens in the answer of another
 * origin are ignored. A request with its own `Authorization` header is not changed.
 *
 * The returned function throws the errors of `fetch` and, when a log-in was needed, the error of the log-in.
 */
export function createAuthFetch(options: AuthFetchOptions): typeof globalThis.fetch {
  requireClientOptions("createAuthFetch", options, createAuthFetchKinds);
  const base = new URL(options.baseUrl, (globalThis as { location?: { href: string } }).location?.href);
  const { bearer } = options;
  const send: typeof globalThis.fetch = options.fetch ?? ((input, init) => globalThis.fetch(input, init));

  return async function authFetch(input, init) {
    // Recognized by shape: the fetch that was passed in may have its own Request class.
    const request = typeof input === "object" && "url" in input ? input : undefined;
    const url = new URL(request?.url ?? String(input), base);
    const headers = new Headers(init?.headers ?? request?.headers);
    if (!sameOrigin(url, base) || headers.has("authorization")) return send(request ?? url, init);

    const method = toMethod(init?.method ?? request?.method ?? "GET");
    let target = url;
    const repeatable = isRepeatable(init?.body ?? request?.body ?? undefined);
    const call = bearer.call();
    for (;;) {
      await call.authorize(headers, { method, url: target.href }, repeatable);
      const response = await send(request ?? target, { ...init, headers });
      // Another origin, reached by a redirect, must not change our session.
      if (response.redirected && !sameOrigin(new URL(response.url), base)) return response;
      call.learn(response.headers.get("authorization"), response.headers.get("dpop-nonce"));
      if (response.status !== 401) return response;
      // Called even if this request cannot be repeated, so that the next one has a session.
      const repeat = await call.again(response.headers.get("sallyport-reason"));
      if (!repeat || !repeatable) return response;
      await response.body?.cancel();
      // A proof is for one URL, so the proof of a redirected request is refused at its target.
      if (response.redirected && request === undefined && method === "GET") target = new URL(response.url);
    }
  };
}

/** Normalizes a method as `fetch` does (Fetch standard, "normalize a method"). */
function toMethod(method: string): string {
  return /^(?:delete|get|head|options|post|put)$/i.test(method) ? method.toUpperCase() : method;
}

/**
 * Compares origins by protocol and host: `origin` is "null" for every `app:`, `capacitor:` or `data:` URL, and so equal
 * for all of them.
 */
function sameOrigin(a: URL, b: URL): boolean {
  return a.protocol === b.protocol && a.host === b.host;
}

function isRepeatable(body: unknown): boolean {
  return (
    body === undefined ||
    typeof body === "string" ||
    body instanceof ArrayBuffer ||
    ArrayBuffer.isView(body) ||
    body instanceof Blob ||
    body instanceof FormData ||
    body instanceof URLSearchParams
  );
}
