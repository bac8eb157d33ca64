import assert from "node:assert/strict";
import { test } from "node:test";
import { propagation, SpanKind, SpanStatusCode, trace } from "@opentelemetry/api";
import { W3CTraceContextPropagator } from "@opentelemetry/core";
import { BasicTracerProvider, InMemorySpanExporter, SimpleSpanProcessor } from "@opentelemetry/sdk-trace-base";
import { asAda, runGateway } from "../running-gateway.js";

const exporter = new InMemorySpanExporter();
trace.setGlobalTracerProvider(new BasicTracerProvider({ spanProcessors: [new SimpleSpanProcessor(exporter)] }));
propagation.setGlobalPropagator(new W3CTraceContextPropagator());

const routes =
  "{ match: { path: / }, roles: [user], upstream: app }, { match: { path: /gone }, anonymous: true, upstream: gone }";
const withTraces = (text: string) =>
  `${text.replace("upstreams: {", 'upstreams: { gone: { url: "http://127.0.0.1:1" },')}traces: true\n`;

const traceId = "0af7651916cd43dd8448eb211c80319c";
const parentId = "00f067aa0ba902b7";

test("a request has a span in the caller's trace, and so has its call to the upstream", async (t) => {
  const { origin, upstream, logged } = await runGateway(t, routes, withTraces);
  exporter.reset();
  const traceparent = `00-${traceId}-${parentId}-01`;
  const headers = { authorization: asAda, traceparent, tracestate: "vendor=1" };
  await (await fetch(`${origin}/fine?secret=1`, { headers })).text();
  const [call, request] = exporter.getFinishedSpans();
  assert.deepEqual([request?.kind, request?.name], [SpanKind.SERVER, "GET */"]);
  assert.deepEqual([request?.spanContext().traceId, request?.parentSpanContext?.spanId], [traceId, parentId]);
  assert.deepEqual([call?.kind, call?.parentSpanContext?.spanId], [SpanKind.CLIENT, request?.spanContext().spanId]);
  const seen = upstream.requests[0];
  assert.equal(seen?.headers.traceparent, `00-${traceId}-${call?.spanContext().spanId}-01`);
  assert.equal(seen?.headers.tracestate, "vendor=1");
  assert.deepEqual(request?.attributes, {
    ...{ "http.request.method": "GET", "url.path": "/fine", "network.protocol.version": "1.1" },
    ...{ "http.route": "*/", "http.response.status_code": 200, "client.address": "127.0.0.1" },
    ...{ "sallyport.upstream": "app", "sallyport.outcome": "proxied", "sallyport.scheme": "basic", "user.id": "ada" },
  });
  assert.equal(logged.find(({ kind }) => kind === "request")?.id, traceId);
});

test("a request without a trace begins one, whose id the log has", async (t) => {
  const { origin, upstream, logged } = await runGateway(t, routes, withTraces);
  exporter.reset();
  await (await fetch(`${origin}/fine`, { headers: { authorization: asAda } })).text();
  const [, request] = exporter.getFinishedSpans();
  assert.equal(request?.parentSpanContext, undefined);
  const id = request?.spanContext().traceId ?? "";
  assert.ok(upstream.requests[0]?.headers.traceparent?.toString().startsWith(`00-${id}-`));
  assert.deepEqual([...new Set(logged.filter(({ kind }) => kind === "request").map((line) => line.id))], [id]);
});

test("refused and failed requests have their spans, with the reason and no secret", async (t) => {
  const { origin } = await runGateway(t, routes, withTraces);
  exporter.reset();
  await (await fetch(`${origin}/fine`, { headers: { authorization: "Basic c2VjcmV0OnNlY3JldA==" } })).text();
  await (await fetch(`${origin}/gone`)).text();
  const spans = exporter.getFinishedSpans();
  assert.deepEqual(
    spans.map(({ kind, status, attributes }) => [
      kind,
      status.code,
      attributes["sallyport.outcome"],
      attributes["error.type"],
    ]),
    [
      [SpanKind.SERVER, SpanStatusCode.UNSET, "invalid_credentials", undefined],
      [SpanKind.CLIENT, SpanStatusCode.ERROR, undefined, "ECONNREFUSED"],
      [SpanKind.SERVER, SpanStatusCode.ERROR, "failed", "upstream_unavailable"],
    ],
  );
  assert.equal(/c2Vj|secret/.test(JSON.stringify(spans.map(({ attributes, name }) => [attributes, name]))), false);
});

test("without `traces` there are none, and the caller's context goes on as it came", async (t) => {
  const { origin, upstream } = await runGateway(t);
  exporter.reset();
  const traceparent = `00-${traceId}-${parentId}-01`;
  await (await fetch(`${origin}/fine`, { headers: { authorization: asAda, traceparent } })).text();
  assert.equal(exporter.getFinishedSpans().length, 0);
  assert.equal(upstream.requests[0]?.headers.traceparent, traceparent);
});
