/**
 * For writing your own store: the contract, and the rules that every store shares. See `docs/writing-a-store.md`.
 *
 * @module
 */

export type { SealedReading, SealedStore } from "../model/sealed.js";
export { maxLoginMs, type RotationPolicy, type SessionRules } from "../model/session.js";
export {
  type EndEvent,
  maxReadingAgeMs,
  maxRecords,
  type NewSession,
  type OpenReading,
  type ProofKind,
  type Reading,
  type RecordKind,
  type RecordReading,
  type SessionCaps,
  type SessionChange,
  type SessionQuery,
  type SessionRow,
  type SessionState,
  type Store,
  type Watch,
} from "../model/store.js";
export { coveringMark, type EndMark, isOver, removableAt, toFirstRow, toNextRow } from "./row.js";
