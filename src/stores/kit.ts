/**
 * What a store of your own is made of: the contract, and the rules that every store shares. See
 * `docs/writing-a-store.md`.
 *
 * @module
 */
export { isOver, removableAt } from "./deadline.js";
export { coveringMark, type EndMark } from "./end-mark.js";
export { toFirstRow, toNextRow } from "./row.js";
export {
  type EndEvent,
  maxLoginMs,
  maxReadingAgeMs,
  type NewSession,
  type ProofKind,
  type Reading,
  type RecordKind,
  type RecordReading,
  type RotationPolicy,
  type SessionCaps,
  type SessionChange,
  type SessionQuery,
  type SessionRow,
  type SessionRules,
  type SessionState,
  type Store,
  type Watch,
} from "./store.js";
