import {
  type Attributes,
  isSpanContextValid,
  propagation,
  ROOT_CONTEXT,
  type Span,
  SpanKind,
  SpanStatusCode,
  type TextMapGetter,
  type TextMapSetter,
  trace,
} from "@opentelemetry/api";
import { joinTrace } from "../../credentials/correlation-id.js";
import { isNamed, soleOf } from "../../model/raw-headers.js";
import { toRouteName } from "../route/outcome.js";
import { toLoggedMethod, toLoggedPath } from "./logged-target.js";
import type { BeginSpan } from "./spans.js";

const getter: TextMapGetter<readonly string[]> = {
  keys: (headers) => headers.filter((_, index) => index % 2 === 0).map((name) => name.toLowerCase()),
  get(headers, name) {
    const value = soleOf(headers, name.toLowerCase());
    return typeof value === "string" ? value : undefined;
  },
};

/** Replaces the caller's. */
const setter: TextMapSetter<string[]> = {
  set(headers, name, value) {
    const lower = name.toLowerCase();
    for (let index = headers.length - 2; index >= 0; index -= 2)
      if (isNamed(headers[index] as string, lower)) headers.splice(index, 2);
    headers.push(name, value);
  },
};

/**
 * Makes the function that begins spans, by the global provider and propagator of `@opentelemetry/api`: one of kind SERVER
 * for each request, and one of kind CLIENT for its call to the upstream. Names of attributes are those of OpenTelemetry's
 * semantic conventions for HTTP where it has one.
 *
 * Without a provider nothing is recorded, and the caller's context goes on as it came.
 */
export function createSpans(): BeginSpan {
  const tracer = trace.getTracer("sallyport");
  return (request) => {
    const { rawHeaders, httpVersion, method = "", url = "" } = request;
    const name = toLoggedMethod(method);
    const above = propagation.extract(ROOT_CONTEXT, rawHeaders, getter);
    const attributes: Attributes = {
      "http.request.method": name === "*" ? "_OTHER" : name,
      "url.path": toLoggedPath(url),
      "network.protocol.version": httpVersion === "2.0" ? "2" : httpVersion,
    };
    const span = tracer.startSpan(name === "*" ? "HTTP" : name, { kind: SpanKind.SERVER, attributes }, above);
    const context = trace.setSpan(above, span);
    const { traceId } = span.spanContext();
    if (isSpanContextValid(span.spanContext())) joinTrace(rawHeaders, traceId);
    let call: Span | undefined;
    return {
      call(headers) {
        call = tracer.startSpan(name === "*" ? "HTTP" : name, { kind: SpanKind.CLIENT, attributes }, context);
        if (isSpanContextValid(call.spanContext())) propagation.inject(trace.setSpan(context, call), headers, setter);
      },
      end(outcome, { status, grpcStatus, peer, upstreamMs }) {
        const isFailed = outcome.kind === "failed";
        const error = isFailed ? outcome.reason : status >= 500 ? String(status) : undefined;
        if (call !== undefined) {
          if (upstreamMs !== undefined) call.setAttribute("http.response.status_code", status);
          finish(call, isFailed ? outcome.code : error);
        }
        const route = "route" in outcome && outcome.route !== undefined ? outcome.route : undefined;
        if (route !== undefined) {
          span.updateName(`${name} ${toRouteName(route)}`);
          span.setAttributes({ "http.route": toRouteName(route), "sallyport.upstream": route.upstream });
        }
        const caller = "caller" in outcome ? outcome.caller : undefined;
        span.setAttributes({
          "client.address": peer.address,
          "http.response.status_code": status,
          "sallyport.outcome": outcome.kind === "refused" ? outcome.denial.reason : outcome.kind,
        });
        if (grpcStatus !== undefined) span.setAttribute("rpc.grpc.status_code", Number(grpcStatus));
        if (caller !== undefined)
          span.setAttributes({ "user.id": caller.identity.subject, "sallyport.scheme": caller.scheme });
        if (caller?.session !== undefined) span.setAttribute("session.id", caller.session.ref);
        finish(span, error);
      },
    };
  };
}

function finish(span: Span, error: string | undefined): void {
  if (error !== undefined) span.setAttribute("error.type", error).setStatus({ code: SpanStatusCode.ERROR });
  span.end();
}
