import type { Change } from "./source.js";

/** The outcomes of a change, or why there is none: see `table`. */
export type Outcome = string;

type For<C extends Change> = Readonly<Record<C, Outcome>>;
type Down = For<"down for 2 min" | "down for longer">;

/** The same at each place. */
export const all = (five: string): Outcome => `${five} ${five} ${five}`;

/** There is no outcome. */
export const none = (why: string): Outcome => `none: ${why}`;

/** The edit is of the configuration: another process goes by its own, and its credentials with it. */
export const configuration: Readonly<Record<"gone" | "lost" | "added", Outcome>> = {
  gone: "ooooo oiooi ooooo",
  lost: "rrroo riioi rrroo",
  added: "rrrii riiii rrrii",
};

export const removed: For<"handler removed" | "handler replaced"> = {
  "handler removed": configuration.gone,
  "handler replaced": configuration.gone,
};

export const noKeys: Outcome = none("an account has one password");
export const noDisabled: Outcome = none("an account is there or not");
export const noPassword: Outcome = none("there is no password");
export const unhashed: For<"password changed" | "re-hashed"> = {
  "password changed": noPassword,
  "re-hashed": noPassword,
};

const inConfiguration = none("all is in the configuration");
export const noSource: Down = { "down for 2 min": inConfiguration, "down for longer": inConfiguration };

/** The last good version of a file stays in use, however long it is missing. */
export const file: Down = { "down for 2 min": all("iiiii"), "down for longer": all("iiiii") };

/** A database that is down: credentials get 503 when they are known no more, and what they have opened is over after `recheckStaleMs`. */
export const database: Down = { "down for 2 min": all("iuiii"), "down for longer": all("uuuoo") };

/** What is done at a provider is in its next token: until its end a token is as good as before. */
export const atProvider: For<
  "disabled" | "deleted" | "role removed" | "role added" | "password changed" | "re-hashed"
> = {
  disabled: all("iiiii"),
  deleted: all("iiiii"),
  "role removed": all("iiiii"),
  "role added": all("iiiii"),
  "password changed": all("iiiii"),
  "re-hashed": noPassword,
};

/** A process without an epoch that has not asked yet has not seen the account go: it refuses the caller by itself. */
export const unasked: Outcome = "ooooo uoooo ooooo";

/** The same where the credentials do not come with a call, and so open no stream. */
export function withoutStreams<C extends Change>(outcomes: For<C>): For<C> {
  const entries = Object.entries<Outcome>(outcomes).map(([change, outcome]) => [
    change,
    outcome.startsWith("none") ? outcome : outcome.replace(/[io]( |$)/g, "-$1"),
  ]);
  return Object.fromEntries(entries) as For<C>;
}
