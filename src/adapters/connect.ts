import { type ContextKey, type ContextValues, createContextValues } from "@connectrpc/connect";
import type { ConnectNodeAdapterOptions, connectNodeAdapter } from "@connectrpc/connect-node";
import type { Auth } from "../engine/auth.js";
import { isByMessage, peerSlot } from "../model/connect-context.js";
import type { Identity } from "../model/identity.js";
import { bodyReadError, wasBodyRead } from "./node/body-read.js";
import { endWithSession } from "./node/end-with-session.js";
import { createGuard, type GuardOptions } from "./node/guard.js";
import type { NodeRequest, NodeResponse } from "./node/request.js";

/** The options of `connectNodeAdapter` and of the door. */
export interface ConnectAuthOptions extends ConnectNodeAdapterOptions, GuardOptions {
  /**
   * The longest message in bytes, after decompression. Default: 4 MiB, as in other gRPC implementations; the
   * package's own is 4 GiB.
   */
  readMaxBytes?: number;
}

/** A listener for `createServer`, and a middleware for Express. */
export type ConnectAuthListener = (
  request: NodeRequest,
  response: NodeResponse,
  next?: (error?: unknown) => void,
) => void;

const defaultReadMaxBytes = 4 * 1024 * 1024;

/**
 * Puts the door in front of a Connect router, before a byte of a message is read. An interceptor would be too late:
 * a unary message is inflated and parsed by then.
 *
 * ```ts
 * createServer(connectAuth(auth, connectNodeAdapter, { routes }));   // inside: auth.caller(context)
 * app.use(connectAuth(auth, connectNodeAdapter, { routes }));        // or in Express
 * ```
 *
 * As a listener it guards everything, `fallback` too. As a middleware it guards its procedures and passes all other
 * paths to `next`, not authenticated.
 *
 * @param adapter `connectNodeAdapter`, as a factory: a finished listener takes no context values.
 */
export function connectAuth<I extends Identity>(
  auth: Auth<I>,
  adapter: typeof connectNodeAdapter,
  options: ConnectAuthOptions,
): ConnectAuthListener {
  const { routes, contextValues, readMaxBytes, ...rest } = options;
  const guard = createGuard(auth, options);
  const prefix = rest.requestPathPrefix ?? "";
  const procedures = new Set<string>();
  const streams = new Set<string>();
  const byMessage = new Set<string>();

  const handle = adapter({
    ...rest,
    readMaxBytes: readMaxBytes ?? defaultReadMaxBytes,
    routes(router) {
      routes(router);
      for (const handler of router.handlers) {
        const path = prefix + handler.requestPath;
        procedures.add(path);
        if (handler.method.methodKind !== "unary") streams.add(path);
        if (isByMessage(handler)) byMessage.add(path);
      }
    },
    contextValues: (request) =>
      withCaller(
        contextValues?.(request) ?? createContextValues(),
        new Map<symbol, unknown>([
          [auth.slot.id, auth.optionalCaller(request)],
          [peerSlot.id, guard.peerOf(request)],
        ]),
      ),
  });

  return function connectAuthListener(request, response, next) {
    const path = (request.url ?? "").split("?", 1)[0] ?? "";
    const isProcedure = procedures.has(path);
    if (next !== undefined) {
      if (!isProcedure) return next();
      if (wasBodyRead(request)) return next(bodyReadError());
    }
    if (isProcedure && !hasUrl(request)) return refuse(response);
    // Its type of a response is a patched union of the two that it is.
    const pass = () => {
      if (streams.has(path)) endWithSession(auth.optionalCaller(request)?.session, request, response);
      handle(request, response as Parameters<typeof handle>[1]);
    };
    if (byMessage.has(path) && request.method === "POST") guard.skip(request, response, pass);
    else guard.check(request, response, pass, (request as { originalUrl?: string }).originalUrl);
  };
}

/**
 * The adapter makes a URL of `Host` or `:authority`, and throws in the server's own event when it cannot: one request
 * without a `Host`, or with `Host: [`, would end the process.
 */
function hasUrl(request: NodeRequest): boolean {
  const authority = "authority" in request ? request.authority : request.headers.host;
  return authority !== undefined && URL.canParse(request.url ?? "", `http://${authority}`);
}

/** RFC 9112 §3.2: 400 for a request whose `Host` is missing or invalid. Nothing of its body is read. */
function refuse(response: NodeResponse): void {
  response.statusCode = 400;
  if (!("stream" in response)) response.setHeader("Connection", "close");
  response.end();
}

/**
 * Our values over the application's own. Never set on theirs: a `contextValues` that returns one object for all
 * requests would show one caller to another.
 */
function withCaller(values: ContextValues, ours: ReadonlyMap<symbol, unknown>): ContextValues {
  return {
    get: <T>(key: ContextKey<T>) => (ours.has(key.id) ? (ours.get(key.id) as T) : values.get(key)),
    set(key, value) {
      if (!ours.has(key.id)) values.set(key, value);
      return this;
    },
    delete(key) {
      if (!ours.has(key.id)) values.delete(key);
      return this;
    },
  };
}
