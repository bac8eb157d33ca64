import { constants } from "node:http2";
import type { Readable } from "node:stream";
import { after, rescue } from "../../base/awaitable.js";
import type { Platform } from "../../base/platform.js";
import type { Denial, Offer } from "../../model/decision.js";
import type { Identity } from "../../model/identity.js";
import type { AuthRequest, HeaderFields } from "../../model/request.js";
import { type Conversation, type Reply, type RpcCall, type RpcMethod, refuse } from "../../model/rpc-service.js";
import type { Caller } from "../../model/session.js";
import { dropRest } from "../node/drop-rest.js";
import { endWithSession, whenGone } from "../node/end-with-session.js";
import { hasLeft } from "../node/guard.js";
import type { NodeRequest, NodeResponse } from "../node/request.js";
import { resetStream } from "../node/reset-stream.js";
import { writeDenial } from "../node/write-denial.js";
import { createGrpcAnswer, type GrpcWire } from "./answer.js";
import { createMessageReader, type MessageFault } from "./messages.js";

/** A call that was authenticated or allowed as anonymous. */
export interface GrpcCall<I extends Identity> {
  readonly wire: GrpcWire;
  readonly request: NodeRequest;
  readonly response: NodeResponse;
  readonly data: AuthRequest;
  readonly caller: Caller<I> | undefined;
  readonly offer: Offer | undefined;
  /** Further fields of the response headers. */
  readonly headers: HeaderFields | undefined;
  /** The procedure; `undefined` when there is none. */
  readonly method: RpcMethod<I> | undefined;
  readonly platform: Platform;
}

/**
 * How long a message may take to arrive. A client sends a few hundred bytes at once; this allows for an interrupted
 * mobile connection.
 */
const messageMs = 10_000;

/** How long a client may take to half-close after the response, before its connection ends. HTTP/1 only. */
const farewellMs = 1_000;

/** Reads the messages of a call one by one and writes the method's replies. */
export function converse<I extends Identity>(call: GrpcCall<I>): void {
  const { wire, request, response, data, offer, method, platform } = call;
  const headers = () => toHeaders(offer, call.headers);
  const answer = createGrpcAnswer(wire, response, request.headers["content-type"] ?? "", headers);
  if (method === undefined) {
    for (const [name, value] of headers()) response.appendHeader(name, value);
    writeDenial(request, response, noSuch, platform);
    return;
  }
  const conversation = begin(method, {
    request: data,
    caller: call.caller,
    offer,
    onGone: (callback) => whenGone(request, response, callback),
  });
  const body: Readable = "stream" in request ? request.stream : request;
  const messages = createMessageReader();
  // An empty body may have ended before its listener was added, while the caller was looked up.
  let halfClosed = body.readableEnded || ("stream" in request && request.stream.endAfterHeaders);
  let state: "reading" | "asking" | "done" = "reading";
  let stopWaiting: (() => void) | undefined;
  let held = false;

  if (halfClosed) {
    // Otherwise Node would not emit the end of the body.
    body.resume();
    read();
    return;
  }
  body.on("data", (chunk: Uint8Array) => {
    if (state === "done") return;
    messages.push(chunk);
    read();
  });
  body.on("end", () => {
    halfClosed = true;
    read();
  });
  whenGone(request, response, () => {
    state = "done";
    stopWaiting?.();
  });
  wait();

  function wait(): void {
    stopWaiting ??= platform.delay(messageMs, () => cutOff(request, constants.NGHTTP2_CANCEL));
  }

  function read(): void {
    while (state === "reading") {
      const message = messages.next();
      if (typeof message === "string") finish(faults[message]);
      else if (message !== undefined) ask(message);
      else if (!halfClosed) return;
      else if (messages.partial()) finish(faults.malformed);
      else ask(undefined);
    }
  }

  /** Passes a message to the method; `undefined` when the client has half-closed. */
  function ask(message: Uint8Array | undefined): void {
    state = "asking";
    body.pause();
    stopWaiting?.();
    stopWaiting = undefined;
    const said = rescue<Reply | Denial | undefined>(
      () => (message === undefined ? conversation.end() : conversation.receive(message)),
      () => unavailable,
    );
    if (said instanceof Promise) void said.then((reply) => say(reply, message === undefined)).then(read);
    else say(said, message === undefined);
  }

  function say(said: Reply | Denial | undefined, isEnd: boolean): void {
    if (state === "done" || hasLeft(request, response)) return;
    if (said?.kind === "denied") {
      finish(said);
      return;
    }
    if (said !== undefined) answer.send(said.message);
    if (isEnd || said?.last === true) {
      finish();
      return;
    }
    state = "reading";
    body.resume();
    if (said?.session === undefined) wait();
    else if (!held) endWithSession(said.session, request, response);
    held ||= said?.session !== undefined;
  }

  function finish(denial?: Denial): void {
    state = "done";
    stopWaiting?.();
    if (denial !== undefined && !answer.started()) {
      for (const [name, value] of headers()) response.appendHeader(name, value);
      writeDenial(request, response, denial, platform);
      return;
    }
    answer.end(denial);
    if (halfClosed) return;
    // The response is complete (RFC 9113 §8.1), so further messages are dropped, or not read.
    if ("stream" in request) {
      dropRest(request.stream, platform);
      return;
    }
    body.pause();
    const cancel = platform.delay(farewellMs, () => request.socket.destroy());
    whenGone(request, response, cancel);
  }
}

function toHeaders(offer: Offer | undefined, others: HeaderFields = []): HeaderFields {
  if (offer?.usable() !== true) return others;
  const { token, scheme, setCookie } = offer;
  const own: [string, string][] = [["authorization", `${scheme} ${token}`]];
  if (setCookie !== undefined) own.push(["set-cookie", setCookie]);
  return others.length === 0 ? own : [...others, ...own];
}

function cutOff(request: NodeRequest, code: number): void {
  if ("stream" in request) resetStream(request.stream, code);
  else request.socket.destroy();
}

function begin<I extends Identity>(method: RpcMethod<I>, call: RpcCall<I>): Conversation {
  if (method.kind === "stream") return method.begin(call);
  let only: Uint8Array | undefined;
  return {
    receive(message) {
      if (only !== undefined) return notOne;
      only = message;
      return undefined;
    },
    end() {
      if (only === undefined) return notOne;
      return after(method.answer(only, call), (answered) =>
        answered instanceof Uint8Array ? { kind: "reply", message: answered, last: true } : answered,
      );
    },
  };
}

const noSuch = refuse("unimplemented", "no_procedure", "There is no such procedure here.");

const bad = (message: string): Denial => refuse("invalid_argument", "bad_request", message);

const notOne = bad("This procedure takes exactly one message.");

const unavailable = refuse("unavailable", "unavailable", "The service cannot tell now. Try again.");

const faults: Readonly<Record<MessageFault, Denial>> = {
  "too-large": refuse("resource_exhausted", "bad_request", "The message is larger than this procedure takes."),
  compressed: refuse("unimplemented", "no_procedure", "Compressed messages are not understood here."),
  malformed: bad("The body is no sequence of whole messages."),
};
