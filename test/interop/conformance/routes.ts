import { setTimeout as wait } from "node:timers/promises";
import { create, type DescMessage, type Message } from "@bufbuild/protobuf";
import { type Any, anyPack, anyUnpack } from "@bufbuild/protobuf/wkt";
import { Code, ConnectError, type ConnectRouter, type HandlerContext } from "@connectrpc/connect";
import type { Header, Payload, RequestInfo, RpcError, Schema, StreamDefinition, UnaryDefinition } from "./schema.js";

/** The credential of every call, and the account that it is of. */
export const credential = "Bearer conformance-u7Qm2Zx9Lr4Wc8Tn1Vb6Ky3Hp5Jd0Gs";
export const subject = "conformance";

/**
 * The service that the runner calls: each request says what its answer is, and the answer says what the request was.
 *
 * @param isBehind whether a gateway stands in front. Then a call without an identity is refused, and `Authorization`,
 *   which ends at the gateway, is told as if it had come here: the runner asks for each field that it sent
 */
export function conformanceRoutes(schema: Schema, isBehind: boolean): (router: ConnectRouter) => void {
  const { service, registry } = schema;
  const pack = (message: Message): Any => anyPack(registry.getMessage(message.$typeName) as DescMessage, message);

  function infoOf({ requestHeader, timeoutMs }: HandlerContext, requests: Any[]): RequestInfo {
    const headers = new Headers(requestHeader);
    if (isBehind) {
      if (headers.get("x-sallyport-subject") !== subject) throw new ConnectError("no identity came", Code.DataLoss);
      if (headers.has("authorization")) throw new ConnectError("the credential came", Code.DataLoss);
      headers.set("authorization", credential);
    }
    const left = timeoutMs();
    return create(schema.requestInfo, {
      requestHeaders: [...headers].map(([name, value]) => create(schema.header, { name, value: [value] })),
      requests,
      ...(left !== undefined && { timeoutMs: BigInt(Math.ceil(left)) }),
    });
  }

  function begin(definition: UnaryDefinition | StreamDefinition | undefined, context: HandlerContext): void {
    append(context.responseHeader, definition?.responseHeaders);
    append(context.responseTrailer, definition?.responseTrailers);
  }

  function toError({ code, message = "", details }: RpcError, info?: RequestInfo): ConnectError {
    const all = info === undefined ? details : [...details, pack(info)];
    const outgoing = all.map((detail) => {
      const value = anyUnpack(detail, registry);
      const desc = value && registry.getMessage(value.$typeName);
      if (value === undefined || desc === undefined) throw new Error(`an unknown detail: ${detail.typeUrl}`);
      return { desc, value: value as Message & Record<string, unknown> };
    });
    return new ConnectError(message, code, undefined, outgoing);
  }

  function payloadOf(data: Uint8Array | undefined, info: RequestInfo | undefined): { payload: Payload } {
    return { payload: create(schema.payload, { ...(data && { data }), ...(info && { requestInfo: info }) }) };
  }

  async function answerOnce(definition: UnaryDefinition | undefined, requests: Any[], context: HandlerContext) {
    begin(definition, context);
    const info = infoOf(context, requests);
    const { response } = definition ?? {};
    if (response?.case === "error") throw toError(response.value, info);
    await wait(definition?.responseDelayMs);
    return payloadOf(response?.value, info);
  }

  return ({ service: serve }) =>
    serve(service, {
      unary: (request, context) => answerOnce(request.responseDefinition, [pack(request)], context),
      idempotentUnary: (request, context) => answerOnce(request.responseDefinition, [pack(request)], context),
      async clientStream(stream, context) {
        let definition: UnaryDefinition | undefined;
        const requests: Any[] = [];
        for await (const request of stream) {
          definition ??= request.responseDefinition;
          requests.push(pack(request));
        }
        return answerOnce(definition, requests, context);
      },
      async *serverStream(request, context) {
        const { responseDefinition: definition } = request;
        begin(definition, context);
        const info = infoOf(context, [pack(request)]);
        const { responseData = [], responseDelayMs, error } = definition ?? {};
        for (const [index, data] of responseData.entries()) {
          await wait(responseDelayMs);
          yield payloadOf(data, index === 0 ? info : undefined);
        }
        if (error !== undefined) throw toError(error, responseData.length === 0 ? info : undefined);
      },
      async *bidiStream(stream, context) {
        let definition: StreamDefinition | undefined;
        let isFullDuplex = false;
        let sent = 0;
        let requests: Any[] = [];
        for await (const request of stream) {
          if (definition === undefined) {
            definition = request.responseDefinition;
            isFullDuplex = request.fullDuplex;
            begin(definition, context);
          }
          requests.push(pack(request));
          if (!isFullDuplex) continue;
          if (definition === undefined || sent >= definition.responseData.length) break;
          await wait(definition.responseDelayMs);
          yield payloadOf(definition.responseData[sent], infoOf(context, requests));
          sent += 1;
          requests = [];
        }
        const { responseData = [], responseDelayMs, error } = definition ?? {};
        const info = infoOf(context, requests);
        for (; sent < responseData.length; sent++) {
          await wait(responseDelayMs);
          yield payloadOf(responseData[sent], sent === 0 ? info : undefined);
        }
        if (error !== undefined) throw toError(error, responseData.length === 0 ? info : undefined);
      },
    });
}

function append(to: Headers, headers: readonly Header[] = []): void {
  for (const { name, value } of headers) for (const each of value) to.append(name, each);
}
