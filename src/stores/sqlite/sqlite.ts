import { AuthError } from "../../base/errors.js";
import { type OptionKinds, requireArgument, requireOptions } from "../../base/options.js";
import { systemPlatform } from "../../base/platform.js";
import { emitWarning } from "../../base/warn.js";
import type { Store } from "../../model/store.js";
import { createEndFeed } from "./feed.js";
import { createHolder } from "./holder.js";
import { type OpeningParts, openOnce } from "./opening.js";
import type { SqliteOperations } from "./operations.js";
import type { SqliteOptions } from "./options.js";

export type { SqliteOptions } from "./options.js";

const sqliteKinds: OptionKinds<SqliteOptions> = {
  platform: "object",
  pollMs: "number",
  busyMs: "number",
  maxRecords: "any",
  create: "boolean",
  onWarning: "function",
};

/** How long a start waits for other processes that keep the database locked, such as one that makes the tables. */
const openMs = 5_000;

/**
 * Keeps sessions in one SQLite file, for any number of processes on one machine. Rotations do not wait for the disk
 * (the rotation rule recovers from a lost one); log-ins, ends and one-time proofs do, without delaying other calls.
 *
 * Reads, and writes that neither meet another writer nor wait for the disk, return synchronously; the others return a
 * promise.
 *
 * When the file goes away, or another one is put at its path, every operation is `unavailable` within `pollMs`, and each
 * write at once; a database that comes to the path is opened.
 *
 * @param path the database file, made with mode 0600 if it is missing, or `":memory:"`
 * @throws {AuthError} `invalid_options` when there is no usable driver, or the file is not a database of Sallyport, has
 *   a newer schema, or may be written by other users; `unavailable` when it stays locked
 */
export function sqlite(path: string, options: SqliteOptions = {}): Store {
  requireArgument("sqlite", "path", path, "string");
  requireOptions("sqlite", options, sqliteKinds);
  // SQLite would make a private temporary file for "", and read parameters from "file:…".
  if (path === "" || path.startsWith("file:")) {
    throw new AuthError("invalid_options", 'sqlite(path) takes the path of a file, such as "./sessions.db"');
  }
  const { platform = systemPlatform, pollMs = 250, busyMs = 1_500, create = true, onWarning = emitWarning } = options;
  const parts: OpeningParts = {
    ...{ path, platform, busyMs, maxRecords: options.maxRecords, onWarning },
    emit: (event) => feed.emit(event),
    requirePlace: (opening) => holder.requirePlace(opening),
  };
  const holder = createHolder({
    ...{ path, platform, pollMs },
    open: () => openOnce(parts, create, openMs),
    openAgain: () => openOnce(parts, false, 0),
    onLost: (fault) => feed.emit({ kind: "gap", error: fault }),
    onFound() {
      onWarning(`the session database ${path} is open again; sessions are as that file has them`);
      feed.emit({ kind: "gap" });
    },
  });
  const feed = createEndFeed(platform, pollMs, (emit, isFirst) => {
    const { ends } = holder.requirePlace();
    if (isFirst) ends.restart();
    if (ends.look(emit)) holder.reopen();
  });
  const operations = (): SqliteOperations => holder.current().operations;

  return {
    durable: path !== ":memory:",
    keyFile: path === ":memory:" ? undefined : `${path}.keys`,
    openSession: (session, caps, durable) => operations().openSession(session, caps, durable),
    loadSession: (ref) => operations().loadSession(ref),
    swapSession: (reading, change, durable) => operations().swapSession(reading, change, durable),
    endSession: (ref, reason) => operations().endSession(ref, reason),
    endSubject: (subject, reason, realm) => operations().endSubject(subject, reason, realm),
    listSessions: (query) => operations().listSessions(query),
    loadState: (ref) => operations().loadState(ref),
    swapState: (ref, version, json) => operations().swapState(ref, version, json),
    loadSealed: (ref, name) => operations().loadSealed(ref, name),
    swapSealed: (...given) => operations().swapSealed(...given),
    put: (kind, id, json, lifeMs) => operations().put(kind, id, json, lifeMs),
    take: (kind, id) => operations().take(kind, id),
    loadRecord: (kind, id) => operations().loadRecord(kind, id),
    swapRecord: (kind, id, version, json, lifeMs) => operations().swapRecord(kind, id, version, json, lifeMs),
    purge: (limit) => operations().purge(limit),
    watch: (onEnd) => feed.watch(onEnd),
    close() {
      feed.close();
      holder.close();
    },
  };
}
