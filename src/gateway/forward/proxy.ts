import type { ServerResponse } from "node:http";
import { constants } from "node:http2";
import type { Duplex } from "node:stream";
import type { Dispatcher } from "undici";
import type { NodeRequest, NodeResponse } from "../../adapters/node/request.js";
import { writeDenial } from "../../adapters/node/write-denial.js";
import type { Platform } from "../../base/platform.js";
import type { GatewayReason } from "../../model/decision.js";
import type { Framing } from "../route/framing.js";
import { refusals } from "../route/outcome.js";
import { maxHints, passInterim } from "./early-hints.js";
import { canBeSent, type Fields, toCallerHeaders, toSingleFields } from "./managed-headers.js";
import { dropLeftover, toUpstreamBody } from "./request-body.js";
import type { Upstream } from "./upstreams.js";

/** One request on its way to an upstream. */
export interface ProxyCall {
  readonly request: NodeRequest;
  readonly response: NodeResponse;
  readonly upstream: Upstream;
  /** Canonical path and query. */
  readonly path: string;
  /** `Host` included; no hop-by-hop fields and no framing. */
  readonly headers: string[];
  readonly framing: Framing;
  /** See `toCallerHeaders`. */
  readonly ownCookie: string | undefined;
  readonly platform: Platform;
  /** Called when the response does not come in one piece: a stream must end with its session. */
  readonly onStreaming: () => void;
  /** Called when the upstream could not be reached, or broke off; with the code of the error, if there is one. */
  readonly onFailed?: (reason: GatewayReason, code?: string) => void;
  /** Called when the caller asks for a WebSocket and the upstream agrees. */
  readonly onUpgrade?: (headers: UpstreamFields, upstream: Duplex) => void;
}

/** RFC 9110 §9.2.2: only these may be sent again by a proxy when a kept connection turns out to be closed. */
const repeatable: ReadonlySet<string> = new Set(["GET", "HEAD", "OPTIONS"]);

const bodiless: ReadonlySet<number> = new Set([204, 205, 304]);

/**
 * Sends a request to its upstream and the response back. Both are streamed, with back-pressure in both directions.
 *
 * When the upstream fails before its header block is there, the caller gets 502, 503 or 504 in its own protocol;
 * after that the connection is cut, since a truncated response must not look complete. When the caller leaves, the
 * upstream's request is aborted.
 */
export function proxy(call: ProxyCall): void {
  const { request, response, upstream, framing, platform } = call;
  const method = request.method ?? "";
  let controller: Dispatcher.DispatchController | undefined;
  let state: "waiting" | "answering" | "over" = "waiting";
  let sent = 0;
  let hints = 0;
  let cancelWait: (() => void) | undefined;
  let fields: Fields = [];

  response.once("close", () => {
    cancelWait?.();
    if (state === "over") return;
    state = "over";
    controller?.abort(new Error("the caller left"));
  });

  function refuse(reason: GatewayReason, code?: string): void {
    call.onFailed?.(reason, code);
    cancelWait?.();
    state = "over";
    for (const [name] of fields) response.removeHeader(name);
    request.resume();
    writeDenial(request, response, refusals[reason], platform);
  }

  /** The answer cannot be had whole: 502 and its like while that can be said, and the end of what was begun after that. */
  function fail(reason: GatewayReason, code?: string): void {
    if (state !== "answering" || !response.headersSent) {
      refuse(reason, code);
      return;
    }
    state = "over";
    call.onFailed?.("upstream_failed", code);
    cut(response);
  }

  function send(): void {
    sent += 1;
    const options: Dispatcher.DispatchOptions & { servername: string } = {
      path: call.path,
      method,
      headers: framing.kind === "length" ? [...call.headers, "content-length", framing.length] : call.headers,
      body: framing.kind === "none" ? null : toUpstreamBody(request),
      servername: upstream.servername,
      upgrade: call.onUpgrade === undefined ? null : "websocket",
    };
    // `false`: every connection is taken, and this one waits. Not for longer than for a connection of its own.
    if (upstream.pool.dispatch(options, handler) || controller !== undefined || state === "over") return;
    cancelWait ??= platform.delay(upstream.config.connectTimeoutMs, () => {
      if (controller === undefined && state === "waiting") refuse("upstream_unavailable");
    });
  }

  const handler: Dispatcher.DispatchHandler = {
    onRequestStart(started) {
      controller = started;
      cancelWait?.();
      if (state === "over") started.abort(new Error("the caller left"));
    },
    onRequestUpgrade(_controller, status, headers, socket) {
      const agreed =
        status === 101 && String(headers.upgrade).toLowerCase() === "websocket" && canBeSent(toFields(call, headers));
      if (!agreed || state === "over") socket.destroy();
      if (state === "over") return;
      if (!agreed) {
        refuse("upstream_failed");
        return;
      }
      state = "over";
      call.onUpgrade?.(headers, socket);
    },
    onResponseStart(started, status, headers) {
      if (state === "over") return;
      if (status < 200) {
        hints += 1;
        if (hints <= maxHints) passInterim(request, response, status, headers.link);
        return;
      }
      const passed = toFields(call, headers);
      if (!canBeSent(passed)) {
        started.abort(new Error("the answer cannot be passed on"));
        return;
      }
      fields = passed;
      response.statusCode = status;
      let length: string | string[] | undefined;
      for (const [name, value] of fields) {
        if (name === "content-length") length = value;
        else response.setHeader(name, value);
      }
      // Last: Node decodes a `Content-Disposition` behind a length from UTF-8 and writes the low bytes of what comes out,
      // which may be CR and LF.
      // RFC 9110 §8.6: a 204 has no length. A 205 has no content (§15.3.6): with a length it would take the next answer.
      if (length !== undefined && status !== 204 && status !== 205) response.setHeader("content-length", length);
      state = "answering";
      // Header block and body leave together where they came together.
      queueMicrotask(() => {
        if (state !== "answering" || response.writableEnded) return;
        if (!response.headersSent) flush(response);
        call.onStreaming();
      });
    },
    onResponseData(started, chunk) {
      if (state === "over" || method === "HEAD" || bodiless.has(response.statusCode)) return;
      if ((response as ServerResponse).write(chunk)) return;
      started.pause();
      response.once("drain", () => started.resume());
    },
    onResponseEnd(_controller, trailers) {
      if (state === "over") return;
      const passed = toFields(call, trailers).filter(([name]) => name !== "content-length");
      if (!canBeSent(passed)) {
        fail("upstream_failed");
        return;
      }
      state = "over";
      if (passed.length > 0) {
        // An answer that ends with its header block has no place for trailers.
        if (!response.headersSent) flush(response);
        response.addTrailers(Object.fromEntries(passed) as Record<string, string>);
      }
      response.end();
      if (framing.kind !== "none") dropLeftover(request, platform);
    },
    onResponseError(_controller, error) {
      if (state === "over") return;
      const code = (error as NodeJS.ErrnoException).code ?? "";
      if (
        sent === 1 &&
        state === "waiting" &&
        brokenOff.has(code) &&
        framing.kind === "none" &&
        repeatable.has(method)
      ) {
        controller = undefined;
        send();
      } else fail(toReason(code), code === "" ? undefined : code);
    },
  };

  send();
}

type UpstreamFields = Readonly<Record<string, string | string[] | undefined>>;

function toFields({ response, ownCookie }: ProxyCall, headers: UpstreamFields): Fields {
  const fields = toCallerHeaders(headers, ownCookie);
  return "stream" in response ? toSingleFields(fields) : fields;
}

const nothing = new Uint8Array();

/**
 * HTTP/2's compatibility API sends at once what HTTP/1 keeps for the first chunk. Not `flushHeaders`: it writes a header
 * block as UTF-8, and so two bytes for each above 0x7f.
 */
function flush(response: NodeResponse): void {
  if ("stream" in response) response.writeHead(response.statusCode);
  else response.write(nothing);
}

/** Ends an incomplete response so that it does not look complete: on HTTP/1 its connection, on HTTP/2 its stream. */
function cut(response: NodeResponse): void {
  if ("stream" in response) response.stream.close(constants.NGHTTP2_INTERNAL_ERROR);
  else response.destroy();
}

/** Whether the upstream closed a kept connection, perhaps before it saw the request. */
const brokenOff: ReadonlySet<string> = new Set(["UND_ERR_SOCKET", "ECONNRESET", "EPIPE"]);

const unreachable: ReadonlySet<string> = new Set([
  "EAI_AGAIN",
  "ECONNREFUSED",
  "EHOSTUNREACH",
  "ENETUNREACH",
  "ENOTFOUND",
  "ETIMEDOUT",
  "UND_ERR_CLOSED",
  "UND_ERR_CONNECT_TIMEOUT",
  "UND_ERR_DESTROYED",
]);

/** Whether undici refused a request that HTTP/1 cannot express. */
const unspeakable: ReadonlySet<string> = new Set([
  "UND_ERR_INVALID_ARG",
  "UND_ERR_NOT_SUPPORTED",
  "UND_ERR_REQ_CONTENT_LENGTH_MISMATCH",
]);

function toReason(code: string): GatewayReason {
  if (code === "UND_ERR_HEADERS_TIMEOUT") return "upstream_timeout";
  if (unreachable.has(code)) return "upstream_unavailable";
  return unspeakable.has(code) ? "bad_request" : "upstream_failed";
}
