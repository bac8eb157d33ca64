import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from "prom-client";
import type { Outside } from "../../base/breaker.js";
import type { AuthEvent } from "../../model/events.js";
import { type AnswerRecord, type RequestOutcome, refusals as refusalsOfOurs } from "../route/outcome.js";
import { addBreakerMetrics } from "./breaker-metrics.js";
import type { StoreOperation } from "./measured-store.js";
import { createRequestMetrics } from "./request-metrics.js";
import { addUpstreamMetrics, type UpstreamUse } from "./upstream-metrics.js";

/** The sources of the values that are read when metrics are collected. */
export interface MetricSources {
  openConnections(): number;
  /** Streams and WebSockets that are open now. */
  openStreams(): number;
  upstreams(): Iterable<UpstreamUse>;
  /** The things outside this process. */
  outside(): Iterable<Outside>;
  /** Returns `undefined` while the value is unknown. */
  stalenessMs(): number | undefined;
  stalenessBoundMs(): number;
}

export interface Metrics {
  readonly contentType: string;
  /** Returns the metrics in the Prometheus text format. */
  text(): Promise<string>;
  onEvent(event: AuthEvent): void;
  onAnswered(outcome: RequestOutcome, answered: AnswerRecord): void;
  /** Counts bytes that are no request, and were refused. */
  onMalformed(reason: "bad_request" | "headers_too_large"): void;
  /** Adds the metrics of Node and of the process: event loop, memory, garbage collection, descriptors. */
  measureProcess(): void;
  onStore(operation: StoreOperation, ms: number): void;
}

/** The buckets of store latencies, in seconds: from a hit in the page cache to the time-out of the engine. */
const storeBuckets = [
  0.000_05, 0.000_1, 0.000_25, 0.000_5, 0.001, 0.002_5, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2,
];

/**
 * Makes the counters of one gateway, in their own registry. Labels come from the gateway and its configuration, never
 * from a request: else a client that asks for a million paths would make a million series.
 */
export function createMetrics(sources: MetricSources): Metrics {
  const registry = new Registry();
  const registers = [registry];
  const counter = <Label extends string>(name: string, help: string, labelNames: readonly Label[] = []) =>
    new Counter<Label>({ name: `sallyport_${name}_total`, help, labelNames: [...labelNames], registers });
  const gauge = (name: string, help: string, read: () => number | undefined) =>
    new Gauge({
      name: `sallyport_${name}`,
      help,
      registers,
      collect() {
        this.set(read() ?? Number.NaN);
      },
    });

  const logIns = counter("log_ins", "Sessions opened, by scheme.", ["scheme"]);
  const refusals = counter("refusals", "Requests and log-ins refused, by reason.", ["reason"]);
  const ended = counter("sessions_ended", "Sessions ended here before their time.");
  const subjectsEnded = counter("subjects_ended", "Subjects whose sessions were all ended here.");
  const tickets = counter("tickets", "Tickets issued, redeemed, refused, and misused: an attacker may hold a copy.", [
    "event",
  ]);
  const operateAs = counter("operate_as", "Actors who began to operate as another account, or were refused.", [
    "outcome",
  ]);
  const rotations = counter("rotations", "Generations written.");
  const lapsed = counter(
    "offers_lapsed",
    "Offered tokens that the client did not take up: it went on with the one before.",
  );
  const throttled = counter("throttled", "Delays of an account that began, and budgets that ran out.", ["budget"]);
  const stopped = counter("accounts_stopped", "Accounts that accept no password any more, after guesses.");
  const superseded = counter("superseded", "Late requests, or copies, refused without harm.");
  const reuses = counter("reuse", "Generations superseded long ago that came back: an attacker may hold a copy.");
  const healed = counter("healed", "Sessions moved forward because the store had lost a write.");
  const handlerFailures = counter("handler_failures", "Handlers that threw, were late or gave no verdict.", [
    "scheme",
    "failure",
  ]);
  const rechecks = counter("recheck_failures", "Handlers that could not tell whether an account is still there.", [
    "scheme",
  ]);
  const disagreements = counter("recheck_disagreements", "Sessions whose owner is not as this process knows them.", [
    "scheme",
  ]);
  const storeFailures = counter("store_failures", "Questions that the store did not answer.");
  const keyFailures = counter("key_ring_failures", "Times that the signing keys could not be read again.");
  const unknownKeys = counter("unknown_key_tokens", "Tokens that name a key which the ring lacks.");
  const auditFailures = counter("audit_failures", "Records of the audit that a sink did not write.");
  const configurations = counter("configurations", "Configurations taken or refused.", ["change"]);
  const observeRequest = createRequestMetrics(registry);
  addBreakerMetrics(registry, () => sources.outside());
  const store = new Histogram({
    name: "sallyport_store_seconds",
    help: "How long the store takes, by operation.",
    labelNames: ["operation"],
    buckets: storeBuckets,
    registers,
  });
  gauge("open_connections", "Connections open now.", () => sources.openConnections());
  gauge("open_streams", "Answers in parts and WebSockets open now.", () => sources.openStreams());
  addUpstreamMetrics(registry, () => sources.upstreams());
  gauge("revocation_staleness_seconds", "How long an end on another node may have gone unnoticed here.", () => {
    const ms = sources.stalenessMs();
    return ms === undefined ? undefined : ms / 1_000;
  });
  gauge("revocation_staleness_bound_seconds", "Beyond it the store is asked every time.", () => {
    return sources.stalenessBoundMs() / 1_000;
  });

  return {
    contentType: registry.contentType,
    text: () => registry.metrics(),
    onStore: (operation, ms) => store.observe({ operation }, ms / 1_000),
    onAnswered(outcome, answered) {
      observeRequest(outcome, answered);
      // The engine reports its own refusals, for every front.
      if (outcome.kind === "refused" && outcome.denial.reason in refusalsOfOurs)
        refusals.inc({ reason: outcome.denial.reason });
    },
    onMalformed: (reason) => refusals.inc({ reason }),
    measureProcess: () => collectDefaultMetrics({ register: registry }),
    onEvent(event) {
      switch (event.kind) {
        case "session-opened":
          logIns.inc({ scheme: event.scheme });
          break;
        case "refused":
          refusals.inc({ reason: event.reason });
          break;
        case "session-ended":
          ended.inc();
          break;
        case "subject-ended":
          subjectsEnded.inc();
          break;
        case "ticket-issued":
        case "ticket-redeemed":
        case "ticket-misused":
        case "ticket-refused":
          tickets.inc({ event: event.kind.slice("ticket-".length) });
          break;
        case "operate-as":
        case "operate-as-refused":
          operateAs.inc({ outcome: event.kind === "operate-as" ? "begun" : "refused" });
          break;
        case "rotated":
          rotations.inc();
          break;
        case "offer-lapsed":
          lapsed.inc();
          break;
        case "superseded":
          superseded.inc();
          break;
        case "account-throttled":
          throttled.inc({ budget: "account" });
          break;
        case "source-throttled":
          throttled.inc({ budget: event.source === undefined ? "total" : "source" });
          break;
        case "account-stopped":
          stopped.inc();
          break;
        case "account-reset":
        case "credentials-accepted":
        case "callback-failed": // the gateway gives the engine no function of an application
          break;
        case "reuse":
          reuses.inc();
          break;
        case "healed":
          healed.inc();
          break;
        case "handler-failed":
          handlerFailures.inc({ scheme: event.scheme, failure: event.failure.kind });
          break;
        case "recheck-failed":
          rechecks.inc({ scheme: event.scheme });
          break;
        case "recheck-disagrees":
          disagreements.inc({ scheme: event.scheme });
          break;
        case "store-failed":
          storeFailures.inc();
          break;
        case "audit-failed":
          auditFailures.inc();
          break;
        case "keys-failed":
          keyFailures.inc();
          break;
        case "keys-missing":
        case "keys-recovered":
        case "keys-revoked":
          break;
        case "unknown-key":
          unknownKeys.inc(event.tokens);
          break;
        case "configuration":
          configurations.inc({ change: event.change });
          break;
        default:
          event satisfies never;
      }
    },
  };
}
