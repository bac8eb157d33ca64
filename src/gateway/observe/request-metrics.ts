import { Counter, Histogram, type Registry } from "prom-client";
import { type AnswerRecord, type RequestOutcome, toRouteName } from "../route/outcome.js";
import type { RouteConfig } from "../route/route-config.js";

/** In seconds, as OpenTelemetry advises for `http.server.request.duration`. */
const buckets = [0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10];

/** The series of one route: looked up once, so that a request makes no string and no object of labels. */
interface RouteSeries {
  readonly proxied: Counter.Internal;
  /** By the first digit of the status. */
  readonly total: (Histogram.Internal<string> | undefined)[];
  readonly upstream: Histogram.Internal<string>;
}

/**
 * Makes the metrics of requests. Labels come from the gateway and its configuration, never from a request: else a client
 * that asks for a million paths would make a million series.
 *
 * @returns counts one request
 */
export function createRequestMetrics(registry: Registry): (outcome: RequestOutcome, answered: AnswerRecord) => void {
  const registers = [registry];
  const requests = new Counter({
    name: "sallyport_requests_total",
    help: "Requests, by route and outcome.",
    labelNames: ["route", "outcome"],
    registers,
  });
  const duration = new Histogram({
    name: "sallyport_request_duration_seconds",
    help: "From a request's header block to the end of its answer; WebSockets are left out.",
    labelNames: ["route", "upstream", "status"],
    buckets,
    registers,
  });
  const toHead = new Histogram({
    name: "sallyport_upstream_duration_seconds",
    help: "From a request's header block to the head of its upstream's answer.",
    labelNames: ["route", "upstream"],
    buckets,
    registers,
  });
  const known = new WeakMap<RouteConfig, RouteSeries>();

  function seriesOf(config: RouteConfig): RouteSeries {
    let series = known.get(config);
    if (series === undefined) {
      const route = toRouteName(config);
      const { upstream } = config;
      series = { proxied: requests.labels(route, "proxied"), total: [], upstream: toHead.labels(route, upstream) };
      known.set(config, series);
    }
    return series;
  }

  function time(config: RouteConfig, { status, ms, upstreamMs }: AnswerRecord): void {
    const series = seriesOf(config);
    if (upstreamMs !== undefined) series.upstream.observe(upstreamMs / 1_000);
    if (status === 101) return;
    const digit = Math.trunc(status / 100);
    let total = series.total[digit];
    if (total === undefined) {
      total = duration.labels(toRouteName(config), config.upstream, digit === 0 ? "none" : `${digit}xx`);
      series.total[digit] = total;
    }
    total.observe(ms / 1_000);
  }

  return (outcome, answered) => {
    switch (outcome.kind) {
      case "proxied":
        seriesOf(outcome.route).proxied.inc();
        time(outcome.route, answered);
        break;
      case "failed":
        requests.inc({ route: toRouteName(outcome.route), outcome: outcome.reason });
        time(outcome.route, answered);
        break;
      case "service":
        // A procedure of the gateway itself: their number is fixed.
        requests.inc({ route: outcome.path, outcome: "service" });
        break;
      case "asked": {
        const { route, denial } = outcome;
        requests.inc({ route: route === undefined ? "" : toRouteName(route), outcome: denial?.reason ?? "asked" });
        break;
      }
      case "preflight":
        requests.inc({ route: "", outcome: "preflight" });
        break;
      case "last":
      case "left":
        requests.inc({ route: toRouteName(outcome.route), outcome: outcome.kind });
        break;
      case "refused": {
        const { route, denial } = outcome;
        requests.inc({ route: route === undefined ? "" : toRouteName(route), outcome: denial.reason });
        if (route !== undefined) time(route, answered);
        break;
      }
      default:
        outcome satisfies never;
    }
  };
}
