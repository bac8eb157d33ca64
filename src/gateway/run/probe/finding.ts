import type { Platform } from "../../../base/platform.js";

/** What was found out about one thing that the gateway depends on. The detail of a warning or a fault says what to do. */
export interface Finding {
  /** The place in the configuration, such as `upstreams.app`, or `clock`. */
  readonly what: string;
  readonly verdict: "ok" | "warning" | "fault";
  readonly detail: string;
}

export interface ProbeContext {
  readonly platform: Platform;
  /** For each thing, in milliseconds. */
  readonly timeoutMs: number;
  /** Takes the `Date` of an answer that came over TLS, with the name of the thing that gave it. */
  tellDate(what: string, date: string | null | undefined): void;
}

const finding =
  (verdict: Finding["verdict"]) =>
  (what: string, detail: string): Finding => ({ what, verdict, detail });

export const ok: (what: string, detail: string) => Finding = finding("ok");
export const warning: (what: string, detail: string) => Finding = finding("warning");
export const fault: (what: string, detail: string) => Finding = finding("fault");
