import { Code, ConnectError, type ConnectRouter } from "@connectrpc/connect";
import type { Platform } from "../base/platform.js";
import { Health, HealthCheckResponse_ServingStatus as Status } from "../gen/grpc/health/v1/health_pb.js";
import { addService } from "./add-service.js";

/** Returns `undefined` when the server is ready for requests, else the reason, which is for operators only. */
export type Ready = () => Promise<string | undefined>;

export interface HealthParts {
  readonly ready: Ready;
  /** The names of the services that are served. */
  readonly names: ReadonlySet<string>;
  /** Aborted when watches are to end. */
  readonly ending: AbortSignal | undefined;
  readonly platform: Platform;
}

/** How often a watch looks: the check of readiness is made once for all that look within half a second. */
const lookEveryMs = 1_000;

/** The most watches. No credentials are asked for, and each is a stream that stays open; balancers need a few. */
export const maxWatches = 256;

/**
 * Makes the routes of `grpc.health.v1.Health`, which ask for no credentials. The whole server (an empty name) and each
 * service have one state.
 */
export function createHealthRoutes({ ready, names, ending, platform }: HealthParts): (router: ConnectRouter) => void {
  let watches = 0;
  const isKnown = (service: string): boolean => service === "" || names.has(service);

  async function statusOf(service: string): Promise<Status> {
    if (!isKnown(service)) return Status.SERVICE_UNKNOWN;
    return (await ready()) === undefined ? Status.SERVING : Status.NOT_SERVING;
  }

  async function* watch(service: string, signal: AbortSignal): AsyncGenerator<{ readonly status: Status }> {
    let last: Status | undefined;
    while (!signal.aborted) {
      const status = await statusOf(service);
      if (status !== last) yield { status };
      last = status;
      await wait(platform, signal);
    }
  }

  return (router) =>
    addService(
      router,
      Health,
      {
        async check({ service }) {
          if (!isKnown(service)) throw new ConnectError("There is no such service here.", Code.NotFound);
          return { status: await statusOf(service) };
        },
        async *watch({ service }, context) {
          if (watches >= maxWatches) throw new ConnectError("Too many watches are open.", Code.ResourceExhausted);
          watches += 1;
          try {
            const signals = ending === undefined ? [context.signal] : [context.signal, ending];
            yield* watch(service, AbortSignal.any(signals));
          } finally {
            watches -= 1;
          }
        },
      },
      () => true,
    );
}

function wait(platform: Platform, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const done = (): void => {
      cancel();
      signal.removeEventListener("abort", done);
      resolve();
    };
    const cancel = platform.delay(lookEveryMs, done);
    signal.addEventListener("abort", done);
    if (signal.aborted) done();
  });
}
