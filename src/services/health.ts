import { Code, ConnectError, type ConnectRouter } from "@connectrpc/connect";
import type { Platform } from "../base/platform.js";
import { sourceOf } from "../credentials/source.js";
import { Health, HealthCheckResponse_ServingStatus as Status } from "../gen/grpc/health/v1/health_pb.js";
import { addService } from "./add-service.js";
import { toLogInContext } from "./log-in-context.js";

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

/** The most watches of one source: a client must not take the room of the balancers. */
const maxOfSource = 16;

/**
 * Makes the routes of `grpc.health.v1.Health`, which ask for no credentials. The whole server (an empty name) and each
 * service have one state.
 */
export function createHealthRoutes({ ready, names, ending, platform }: HealthParts): (router: ConnectRouter) => void {
  let watches = 0;
  const ofSources = new Map<string, number>();
  const isKnown = (service: string): boolean => service === "" || names.has(service);

  async function statusOf(service: string): Promise<Status> {
    if (!isKnown(service)) return Status.SERVICE_UNKNOWN;
    return (await ready()) === undefined ? Status.SERVING : Status.NOT_SERVING;
  }

  /** Takes room for a watch. Returns the function that gives it back; `undefined` when there is none. */
  function take(source: string | undefined): (() => void) | undefined {
    const taken = source === undefined ? 0 : (ofSources.get(source) ?? 0);
    if (watches >= maxWatches || taken >= maxOfSource) return undefined;
    watches += 1;
    if (source !== undefined) ofSources.set(source, taken + 1);
    return () => {
      watches -= 1;
      if (source === undefined) return;
      const left = (ofSources.get(source) ?? 1) - 1;
      if (left === 0) ofSources.delete(source);
      else ofSources.set(source, left);
    };
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
          const { peer, rawHeaders = [] } = toLogInContext(context);
          const give = take(sourceOf(peer, rawHeaders));
          if (give === undefined) throw new ConnectError("Too many watches are open.", Code.ResourceExhausted);
          try {
            const signals = ending === undefined ? [context.signal] : [context.signal, ending];
            yield* watch(service, AbortSignal.any(signals));
          } finally {
            give();
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
