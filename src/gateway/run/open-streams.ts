import { ignoreFailure } from "../../base/awaitable.js";
import type { Platform } from "../../base/platform.js";
import type { Auth } from "../../engine/auth.js";
import type { Caller } from "../../model/session.js";
import { mayGoOn } from "../route/permission.js";
import { matchRoute, type RouteTable } from "../route/routes.js";

/** A stream, and what let its caller in. */
export interface OpenStream {
  /** `undefined`: an anonymous request. */
  readonly caller: Caller | undefined;
  /** What the request asked for; `undefined` of a stream that the gateway itself answers, which has no route. */
  readonly asked?:
    | {
        readonly host: string;
        readonly path: string;
        readonly readings?: ReadonlySet<string> | undefined;
        readonly method: string;
        /** The address of the caller; `undefined`: not known. */
        readonly client?: string | undefined;
        /** When it was let in, in milliseconds since 1970. */
        readonly at: number;
      }
    | undefined;
}

/** The parts of a state by which streams are judged. */
export interface StreamJudge {
  readonly auth: Pick<Auth, "front">;
  readonly routes: RouteTable;
}

/**
 * The streams that are open, whatever state they began with: a reload makes a new state, which is asked about each of
 * them, and from then on watches them in place of the one before.
 */
export interface OpenStreams {
  /**
   * Calls `end` once when the caller of a stream would not be let in any more.
   *
   * @param judge of the state with which the stream began
   * @returns a function that must be called when the stream is over
   */
  hold(judge: StreamJudge, stream: OpenStream, end: () => void): () => void;
  readonly size: number;
  /** Judges every open stream by a new state, and all that open from now on. */
  judgeBy(judge: StreamJudge): void;
}

interface Held extends OpenStream {
  end(): void;
  /** Ends the watch of the state that watches. */
  forget(): void;
}

/** How soon a state whose store could not answer is asked again, in milliseconds. Until then the one before watches. */
const retryMs = 1_000;

export function createOpenStreams(platform: Platform): OpenStreams {
  const open = new Set<Held>();
  let current: StreamJudge | undefined;

  async function judge(one: Held, by: StreamJudge): Promise<void> {
    try {
      const taken = one.caller && (await by.auth.front.takeOver(one.caller, one.end));
      if (!open.has(one) || by !== current) {
        taken?.forget();
        return;
      }
      one.forget();
      one.forget = taken?.forget ?? (() => {});
      if (!isLetIn(one, taken?.caller, by)) one.end();
    } catch {
      platform.delay(retryMs, () => {
        if (open.has(one) && by === current) void judge(one, by);
      });
    }
  }

  return {
    get size() {
      return open.size;
    },
    hold(by, stream, end) {
      const { caller } = stream;
      const one: Held = {
        ...stream,
        end() {
          if (!open.delete(one)) return;
          one.forget();
          ignoreFailure(end);
        },
        forget() {},
      };
      open.add(one);
      if (caller !== undefined) one.forget = by.auth.front.hold(caller, one.end);
      // The request began before a reload, and its stream after it.
      if (current !== undefined && by !== current && open.has(one)) void judge(one, current);
      return () => {
        if (open.delete(one)) one.forget();
      };
    },
    judgeBy(next) {
      current = next;
      for (const one of open) void judge(one, next);
    },
  };
}

/** Whether a state has a route for a stream, and lets its caller in. */
function isLetIn({ asked }: OpenStream, caller: Caller | undefined, { routes }: StreamJudge): boolean {
  if (asked === undefined) return true;
  const match = matchRoute(routes, asked, asked.method);
  return match !== undefined && mayGoOn(match, caller, asked.at, asked.client);
}
