import {
  Code,
  ConnectError,
  type Interceptor,
  type StreamRequest,
  type StreamResponse,
  type UnaryRequest,
  type UnaryResponse,
} from "@connectrpc/connect";
import { AuthService } from "../../gen/sallyport/v1/auth_service_pb.js";
import type { Bearer, BearerCall } from "./bearer.js";
import type { ProofKey } from "./proof-key.js";
import { requireClientOptions } from "./require-options.js";

type StreamNext = (request: StreamRequest) => Promise<StreamResponse>;

type Messages = StreamResponse["message"];

/**
 * Makes an interceptor for any Connect transport. It sends the token, follows its rotation, and repeats a refused call
 * if that is safe: a unary call, or a server stream that has yielded no message. A client or bidirectional stream is
 * never repeated, since its messages are gone; but when the session has ended, it logs in for the next call.
 *
 * It adds no token to a call with its own `authorization` header, to `LogIn` and to `GetChallenge`. With a key, it adds
 * a proof to `LogIn`, so that the session is bound, and to a call whose `authorization` header has the scheme `DPoP`.
 */
export function createBearerInterceptor(bearer: Bearer): Interceptor {
  requireClientOptions("createBearerInterceptor", { bearer }, { bearer: "object!" });
  return (next) => async (request) => {
    const own = request.header.get("authorization");
    if (own !== null || isLogIn(request)) return leave(bearer.key, next, request, own);
    const call = bearer.call();
    if (request.stream) {
      const send = next as StreamNext;
      return request.method.methodKind === "server_streaming"
        ? serverStream(call, send, request)
        : stream(call, send, request);
    }
    for (;;) {
      await call.authorize(request.header, targetOf(request));
      try {
        const response = await next(request);
        learn(call, response.header, response.trailer);
        return response;
      } catch (error) {
        if (!(await again(call, error))) throw error;
      }
    }
  };
}

async function stream(call: BearerCall, next: StreamNext, request: StreamRequest): Promise<StreamResponse> {
  await call.authorize(request.header, targetOf(request), false);
  try {
    const response = await next(request);
    learn(call, response.header);
    return { ...response, message: messages(response) };
  } catch (error) {
    throw await prepare(error);
  }

  async function* messages(response: StreamResponse): Messages {
    try {
      yield* response.message;
      learn(call, response.trailer);
    } catch (error) {
      throw await prepare(error);
    }
  }

  /**
   * Logs in again for the next call, although this stream fails: a client that opens only such streams would otherwise
   * never log in again.
   */
  async function prepare(error: unknown): Promise<unknown> {
    await again(call, error).catch(() => false);
    return error;
  }
}

async function serverStream(call: BearerCall, next: StreamNext, request: StreamRequest): Promise<StreamResponse> {
  const kept: unknown[] = [];
  for await (const message of request.message) kept.push(message);
  const first = await open();
  const header = new Headers(first.header);
  const trailer = new Headers();
  return { ...first, header, trailer, message: messages() };

  async function open(): Promise<StreamResponse> {
    for (;;) {
      await call.authorize(request.header, targetOf(request));
      try {
        const response = await next({ ...request, message: replay(kept) as Messages });
        learn(call, response.header);
        return response;
      } catch (error) {
        if (!(await again(call, error))) throw error;
      }
    }
  }

  async function* messages(): Messages {
    let response = first;
    for (let yielded = false; ; ) {
      try {
        for await (const message of response.message) {
          yielded = true;
          yield message;
        }
        learn(call, response.trailer);
        copy(response.trailer, trailer);
        return;
      } catch (error) {
        if (yielded) learnFromError(call, error);
        if (yielded || !(await again(call, error))) throw error;
      }
      response = await open();
      copy(response.header, header);
    }
  }
}

const logInMethods: ReadonlySet<string> = new Set([
  AuthService.method.logIn.name,
  AuthService.method.getChallenge.name,
]);

// No token is sent with the credentials themselves.
function isLogIn({ service, method }: UnaryRequest | StreamRequest): boolean {
  return service.typeName === AuthService.typeName && logInMethods.has(method.name);
}

function targetOf({ requestMethod, url }: UnaryRequest | StreamRequest): { method: string; url: string } {
  return { method: requestMethod, url };
}

/** Sends a call that needs no token of ours. It only adds the proof of the key, if one is needed. */
async function leave(
  key: ProofKey | undefined,
  next: Parameters<Interceptor>[0],
  request: UnaryRequest | StreamRequest,
  authorization: string | null,
): Promise<UnaryResponse | StreamResponse> {
  const token = authorization === null ? undefined : /^dpop +(.*)$/i.exec(authorization)?.[1];
  if (key === undefined || request.stream || (authorization !== null && token === undefined)) return next(request);
  for (;;) {
    request.header.set("dpop", await key.prove({ ...targetOf(request), token }));
    try {
      const response = await next(request);
      key.learn(response.header.get("dpop-nonce"));
      return response;
    } catch (error) {
      // The call is repeated for a new nonce, of which there is at most one a minute.
      if (!(error instanceof ConnectError) || !key.learn(error.metadata.get("dpop-nonce"))) throw error;
      if (error.metadata.get("sallyport-reason") !== "use_dpop_nonce") throw error;
    }
  }
}

function learn(call: BearerCall, ...fields: readonly Headers[]): void {
  for (const headers of fields) call.learn(headers.get("authorization"), headers.get("dpop-nonce"));
}

/** Takes the token from an error's metadata and removes it there, since errors are logged and tokens must not be. */
function learnFromError(call: BearerCall, error: unknown): void {
  if (!(error instanceof ConnectError)) return;
  learn(call, error.metadata);
  error.metadata.delete("authorization");
}

async function again(call: BearerCall, error: unknown): Promise<boolean> {
  learnFromError(call, error);
  if (!(error instanceof ConnectError) || error.code !== Code.Unauthenticated) return false;
  return call.again(error.metadata.get("sallyport-reason"));
}

async function* replay(messages: readonly unknown[]): AsyncIterable<unknown> {
  yield* messages;
}

function copy(from: Headers, to: Headers): void {
  for (const name of [...to.keys()]) to.delete(name);
  from.forEach((value, name) => {
    to.append(name, value);
  });
}
