import { type Book, createBook } from "./book.js";
import type { LogLine } from "./gateways.js";
import { createHistory } from "./history.js";
import { judgeLetIn, judgeRefusal, judgeTick, type Reuse, type Rules } from "./judge.js";
import { type Call, generationOf, type Outcome, type SessionRecord, sessionOf } from "./records.js";

/** All that was done and what came of it. It keeps what contradicts the documents. */
export interface Ledger extends Omit<Book, "open"> {
  readonly counts: Map<string, number>;
  /** Notes that a request is sent, by a client and a part of it, such as `fetch worker 1`. */
  begin(by: string, account: string, token?: string): Call;
  finish(call: Call, outcome: Outcome): void;
  /** What an upstream said at an instant came by the stream that a call began. */
  tick(call: Call, saidAt: number): void;
  /** What concerns all sessions, for the histories. */
  note(text: string): void;
  logged(gateway: string, line: LogLine): void;
  fail(text: string, record?: SessionRecord): void;
  /** Whether something went wrong already. */
  failed(): boolean;
  /** Judges what waited for the logs, and returns what went wrong, each with its history. */
  close(): readonly string[];
}

/** More would not be read. */
const mostFailures = 20;

/** @param prefix eight hexadecimal digits, with which the ids of this run begin */
export function createLedger(rules: Rules, prefix: string): Ledger {
  const { note, tell } = createHistory();
  const { open, ...book } = createBook({ ...rules, note });
  const counts = new Map<string, number>();
  const calls = new Map<string, Call>();
  /** By session. */
  const reuses = new Map<string, Reuse>();
  /** Whether they are right depends on what the gateways log of them. */
  const refusals: { readonly call: Call; readonly record: SessionRecord }[] = [];
  const failures: string[] = [];

  const count = (what: string): void => void counts.set(what, (counts.get(what) ?? 0) + 1);

  function fail(text: string, record?: SessionRecord, until: number = Date.now()): void {
    if (failures.length < mostFailures) failures.push(tell(text, record, until));
  }

  function noteLetIn(call: Call, record: SessionRecord | undefined, outcome: Outcome & { kind: "let in" }): void {
    const { subject, token } = outcome;
    if (subject !== undefined && subject !== call.account) fail(`${call.by} was let in as ${subject}`, record);
    const wrong = judgeLetIn(call, record, book.account(call.account), rules);
    if (wrong !== undefined) fail(`${call.by} was let in ${wrong}`, record);
    if (token === undefined) return;
    if (record === undefined) {
      count("sessions");
      if (!open(call, token, call.answeredAt ?? 0)) fail(`${call.by} was given a session of before`);
    } else if (sessionOf(token) !== record.session) fail(`${call.by} was given another session`, record);
    else if (generationOf(token) > generationOf(record.newest)) {
      count("turns");
      record.newest = token;
    }
  }

  function noteRefusal(call: Call, record: SessionRecord | undefined, reason: string): void {
    count(`refused: ${reason}`);
    if (reason === "") fail(`${call.by} was refused without a reason`, record);
    if (record !== undefined) return void refusals.push({ call, record });
    const { disabled } = book.account(call.account);
    if (disabled === undefined || disabled.from > (call.answeredAt ?? 0))
      fail(`the log-in of ${call.account} was refused: ${reason}`);
  }

  return {
    ...book,
    counts,
    begin(by, account, token) {
      const id = prefix + calls.size.toString().padStart(24, "0");
      const call: Call = { id, by, account, token, sentAt: Date.now() };
      calls.set(id, call);
      const record = token === undefined ? undefined : book.session(token);
      if (record !== undefined && token !== undefined) {
        const generation = generationOf(token);
        if (!record.firstSent.has(generation)) record.firstSent.set(generation, call.sentAt);
        record.calls.push(call);
      }
      return call;
    },
    finish(call, outcome) {
      call.answeredAt = Date.now();
      call.outcome = outcome;
      count(`${call.by.replace(/\d* .*/, "")}: ${outcome.kind}`);
      const record = call.token === undefined ? undefined : book.session(call.token);
      if (outcome.kind === "let in") noteLetIn(call, record, outcome);
      else if (outcome.kind === "refused") noteRefusal(call, record, outcome.reason);
      else if (outcome.kind === "odd") fail(`${call.by} got what no client should: ${outcome.what}`, record);
    },
    tick(call, saidAt) {
      count("ticks");
      const record = call.token === undefined ? undefined : book.session(call.token);
      const told = { ...call, sentAt: saidAt, answeredAt: Date.now() };
      const wrong = judgeTick(told, record, book.account(call.account), rules);
      if (wrong !== undefined) fail(`the stream of ${call.by} went on ${wrong}`, record);
    },
    note,
    logged(gateway, line) {
      const { kind, level } = line;
      if (level === "error" || kind === "healed" || kind === "reuse") count(`log: ${kind}`);
      if (level === "error" || kind === "reuse") note(`${gateway} logs ${JSON.stringify(line)}`);
      const call = kind === "reuse" ? calls.get(line.id ?? "") : undefined;
      if (call?.token !== undefined) reuses.set(sessionOf(call.token), { call, at: Date.parse(line.time) });
    },
    fail,
    failed: () => failures.length > 0,
    close() {
      for (const { call, record } of refusals) {
        const { verdict, why } = judgeRefusal(call, record, reuses.get(record.session), rules);
        if (verdict !== "right") count(`logged out: ${verdict}`);
        if (verdict === "false") fail(`${call.by} was logged out: ${why}`, record, call.answeredAt);
      }
      return failures;
    },
  };
}
