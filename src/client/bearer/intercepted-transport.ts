import type { DescMethod } from "@bufbuild/protobuf";
import { type ContextValues, createContextValues, type Interceptor, type Transport } from "@connectrpc/connect";
import { runStreamingCall, runUnaryCall } from "@connectrpc/connect/protocol";

/**
 * Wraps a transport with interceptors that run before its own.
 *
 * @param baseUrl the start of the URL that interceptors see; `inner` decides where the calls go
 */
export function createInterceptedTransport(inner: Transport, baseUrl: string, interceptors: Interceptor[]): Transport {
  const toRequest = <M extends DescMethod>(method: M, header: Headers, contextValues: ContextValues) => ({
    service: method.parent,
    method,
    requestMethod: "POST",
    url: `${baseUrl.replace(/\/$/, "")}/${method.parent.typeName}/${method.name}`,
    header,
    contextValues,
  });
  return {
    unary(method, signal, timeoutMs, header, message, contextValues = createContextValues()) {
      return runUnaryCall({
        interceptors,
        ...limits(signal, timeoutMs),
        req: { stream: false, ...toRequest(method, new Headers(header), contextValues), message },
        next: (call) =>
          inner.unary(call.method, call.signal, timeoutMs, call.header, call.message as typeof message, contextValues),
      });
    },
    stream(method, signal, timeoutMs, header, messages, contextValues = createContextValues()) {
      return runStreamingCall({
        interceptors,
        ...limits(signal, timeoutMs),
        req: { stream: true, ...toRequest(method, new Headers(header), contextValues), message: messages },
        next: (call) =>
          inner.stream(
            call.method,
            call.signal,
            timeoutMs,
            call.header,
            call.message as typeof messages,
            contextValues,
          ),
      });
    },
  };
}

function limits(signal: AbortSignal | undefined, timeoutMs: number | undefined) {
  return { ...(signal && { signal }), ...(timeoutMs !== undefined && timeoutMs > 0 && { timeoutMs }) };
}
