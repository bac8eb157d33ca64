import { type ContextKey, type ContextValues, createContextValues } from "@connectrpc/connect";
import type { ConnectNodeAdapterOptions, connectNodeAdapter } from "@connectrpc/connect-node";
import { AuthError } from "../base/errors.js";
import { type OptionKinds, requireArgument, requireOptions } from "../base/options.js";
import { askCallback } from "../engine/ask-callback.js";
import type { Auth } from "../engine/auth.js";
import { requireAuth } from "../engine/front.js";
import { isByMessage, peerSlot } from "../model/connect-context.js";
import type { Identity } from "../model/identity.js";
import { bodyReadError, wasBodyRead } from "./node/body-read.js";
import { endWithCaller } from "./node/end-with-session.js";
import { createGuard, type GuardOptions, guardKinds } from "./node/guard.js";
import type { NodeRequest, NodeResponse } from "./node/request.js";
import { writeDenial } from "./node/write-denial.js";

/** Options of `connectAuth`: those of `connectNodeAdapter` and of every adapter. */
export interface ConnectAuthOptions<I extends Identity = Identity> extends ConnectNodeAdapterOptions, GuardOptions<I> {
  /**
   * The longest message in bytes, after decompression. Default: 4 MiB, as in other gRPC implementations; that of
   * `@connectrpc/connect` is 4 GiB.
   */
  readMaxBytes?: number;
}

/** A listener for `createServer`, which is also a middleware for Express. */
export type ConnectAuthListener = (
  request: NodeRequest,
  response: NodeResponse,
  next?: (error?: unknown) => void,
) => void;

const connectKinds: OptionKinds<ConnectAuthOptions<never>> = {
  ...guardKinds,
  routes: "function!",
  contextValues: "function",
  fallback: "function",
  requestPathPrefix: "string",
  readMaxBytes: "number",
  writeMaxBytes: "number",
  connect: "boolean",
  grpc: "boolean",
  grpcWeb: "boolean",
  interceptors: "list",
  acceptCompression: "list",
  compressMinBytes: "number",
  jsonOptions: "object",
  binaryOptions: "object",
  maxTimeoutMs: "number",
  shutdownSignal: "object",
  requireConnectProtocolHeader: "boolean",
};

const defaultReadMaxBytes = 4 * 1024 * 1024;

/**
 * Wraps a Connect router with authentication, before a byte of a message is read. An interceptor would be too late: by
 * then a unary message is inflated and parsed.
 *
 * ```ts
 * createServer(connectAuth(auth, connectNodeAdapter, { routes }));   // inside: auth.caller(context)
 * app.use(connectAuth(auth, connectNodeAdapter, { routes }));        // or in Express
 * ```
 *
 * As a listener it authenticates every request, those of `fallback` too. As a middleware it authenticates its
 * procedures and passes all other paths to `next`, not authenticated.
 *
 * @param adapter `connectNodeAdapter`, as a factory, since a finished listener takes no context values
 */
export function connectAuth<I extends Identity>(
  auth: Auth<I>,
  adapter: typeof connectNodeAdapter,
  options: ConnectAuthOptions<I>,
): ConnectAuthListener {
  requireAuth("connectAuth", auth);
  requireArgument("connectAuth", "adapter (connectNodeAdapter)", adapter, "function");
  if (options === undefined) {
    const remedy =
      "pass connectNodeAdapter itself, and not what it returns: connectAuth(auth, connectNodeAdapter, { routes })";
    throw new AuthError("invalid_options", `connectAuth needs options: ${remedy}`);
  }
  requireOptions("connectAuth", options, connectKinds);
  const { routes, contextValues, readMaxBytes, ...rest } = options;
  const guard = createGuard("connectAuth", auth, pick(options, guardKinds));
  const given = new WeakMap<object, ContextValues>();
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
        given.get(request) ?? createContextValues(),
        new Map<symbol, unknown>([
          [auth.front.slot.id, auth.optionalCaller(request)],
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
    // The adapter has its own union type of the two responses.
    const pass = () => {
      if (contextValues !== undefined) {
        try {
          given.set(
            request,
            askCallback(auth.front, "contextValues", () => contextValues(request), requireValues),
          );
        } catch {
          writeDenial(request, response, auth.front.unavailable(request), options.platform);
          return;
        }
      }
      if (streams.has(path)) endWithCaller(auth, auth.optionalCaller(request), request, response);
      handle(request, response as Parameters<typeof handle>[1]);
    };
    if (byMessage.has(path) && request.method === "POST") guard.skip(request, response, pass);
    else guard.check(request, response, pass, (request as { originalUrl?: string }).originalUrl);
  };
}

/** Returns the options that a table names. */
function pick<I extends Identity>(options: GuardOptions<I>, table: OptionKinds<GuardOptions>): GuardOptions<I> {
  return Object.fromEntries(Object.keys(table).map((name) => [name, options[name as keyof GuardOptions<I>]]));
}

/** @throws {TypeError} when `contextValues` of the application returned something else */
function requireValues(values: ContextValues): ContextValues {
  if (typeof values?.get === "function") return values;
  throw new TypeError("it must return context values, such as createContextValues() makes");
}

/**
 * Whether the adapter can make a URL of `Host` or `:authority`. It throws in the server's event otherwise: one request
 * without a `Host`, or with `Host: [`, would end the process.
 */
function hasUrl(request: NodeRequest): boolean {
  const authority = "authority" in request ? request.authority : request.headers.host;
  return authority !== undefined && URL.canParse(request.url ?? "", `http://${authority}`);
}

/** Answers 400 to a request whose `Host` is missing or invalid (RFC 9112 §3.2), without reading its body. */
function refuse(response: NodeResponse): void {
  response.statusCode = 400;
  if (!("stream" in response)) response.setHeader("Connection", "close");
  response.end();
}

/**
 * Layers our context values over the application's. They are not set on the application's object: a `contextValues`
 * that returns one object for all requests would show one caller to another.
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
