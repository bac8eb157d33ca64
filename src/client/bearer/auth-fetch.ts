import type { Bearer } from "./bearer.js";

/** Options of `createAuthFetch`. */
export interface AuthFetchOptions {
  /** Where the service is; in a browser it may be relative to the page. Relative URLs are resolved against it, and only its origin is ever sent the token. */
  readonly baseUrl: string | URL;
  readonly bearer: Bearer;
  /** What sends the requests. Default: the platform's `fetch`, looked up at each call. */
  readonly fetch?: typeof globalThis.fetch | undefined;
}

/**
 * A `fetch` for plain HTTP that sends the token, follows its rotation, and repeats a request that was refused with 401
 * where its body can be sent twice: none, text, bytes, a `Blob` or a form. A body that is a stream, or inside a
 * `Request`, is sent once, and the next request finds a new session.
 *
 * The token goes to the origin of `baseUrl` only. Every `fetch` takes `Authorization` out of a request that it
 * redirects to another origin (Fetch standard, HTTP-redirect fetch, step 13), and an answer from there teaches nothing.
 * A request that brings an `Authorization` header of its own is left alone.
 *
 * The returned function throws what `fetch` throws, and, when a log-in was needed, what that failed with.
 */
export function createAuthFetch(options: AuthFetchOptions): typeof globalThis.fetch {
  const base = new URL(options.baseUrl, (globalThis as { location?: { href: string } }).location?.href);
  const { bearer } = options;
  const send: typeof globalThis.fetch = options.fetch ?? ((input, init) => globalThis.fetch(input, init));

  return async function authFetch(input, init) {
    // By shape: the fetch that was passed in may have a Request of its own.
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
      // Another origin, reached by a redirect, has no say about our session.
      if (response.redirected && !sameOrigin(new URL(response.url), base)) return response;
      call.learn(response.headers.get("authorization"), response.headers.get("dpop-nonce"));
      if (response.status !== 401) return response;
      // Asked even if this request cannot be repeated: the next one then finds a session.
      const repeat = await call.again(response.headers.get("sallyport-reason"));
      if (!repeat || !repeatable) return response;
      await response.body?.cancel();
      // A proof is for one URL, so one that was redirected is wrong where it arrives.
      if (response.redirected && request === undefined && method === "GET") target = new URL(response.url);
    }
  };
}

/** As `fetch` spells it (Fetch standard, "normalize a method"). */
function toMethod(method: string): string {
  return /^(?:delete|get|head|options|post|put)$/i.test(method) ? method.toUpperCase() : method;
}

/** Not by `origin`: that is "null" for every `app:`, `capacitor:` or `data:` URL, and so the same for all of them. */
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
