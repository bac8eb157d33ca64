import type { Reading } from "../stores/store.js";
import { sessionDeadline } from "./rotation.js";

/** Whether a session is there, and neither revoked nor over. */
export function isOpen(reading: Reading | undefined): boolean {
  return reading !== undefined && reading.row.revokedAt === null && reading.now < sessionDeadline(reading.row);
}
