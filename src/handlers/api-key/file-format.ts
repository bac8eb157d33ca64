import { AuthError } from "../../base/errors.js";
import { type ApiKeyRecord, apiKeyFault, freezeRecord } from "./record.js";

/** The members that are instants: ISO 8601 in the file, readable for people. */
const instants = ["createdAt", "expiresAt", "revokedAt"] as const;

const fields = new Set(["id", "name", "subject", "sha256", "scopes", "roles", ...instants]);

const isoInstant = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,3})?Z$/;

/**
 * Reads a file of API keys: a line is a JSON object of one key; empty lines and lines that begin with `#` are ignored.
 * A file without a key is accepted, so that removing the last one takes effect.
 *
 * @param source the path, for messages
 * @returns records by key id
 * @throws {AuthError} `invalid_options` with source, line and remedy; never with the text of the line
 */
export function parseApiKeyFile(text: string, source: string): ReadonlyMap<string, ApiKeyRecord> {
  const records = new Map<string, ApiKeyRecord>();
  for (const [index, line] of text.split(/\r?\n/).entries()) {
    if (isNothing(line)) continue;
    const refuse = (fault: string): never => {
      throw new AuthError("invalid_options", `${source}, line ${index + 1}: ${fault}`);
    };
    const record = parseLine(line) ?? refuse("must be one JSON object, as sallyport api-keys new writes it");
    const stranger = Object.keys(record).find((field) => !fields.has(field));
    // A misspelt "revokedAt" must not leave the key alive.
    if (stranger !== undefined) refuse(`unknown field ${JSON.stringify(stranger)}; remove it`);
    const entry = toRecord(record, refuse);
    const fault = apiKeyFault(entry);
    if (fault !== undefined) refuse(fault);
    if (records.has(entry.id)) refuse(`the key ${entry.id} is there already. Remove one of the two lines`);
    records.set(entry.id, freezeRecord(entry));
  }
  return records;
}

/** Writes one line, without a line break. */
export function toApiKeyLine(record: ApiKeyRecord): string {
  const text = (instant: number | null | undefined) => (instant == null ? undefined : new Date(instant).toISOString());
  const { id, name, subject, sha256, scopes, roles } = record;
  const times = Object.fromEntries(instants.map((field) => [field, text(record[field])]));
  return JSON.stringify({ id, name, subject, sha256, scopes, roles, ...times });
}

/**
 * Returns the text with the line of one key replaced and all else unchanged, or `undefined` when the key is not there.
 */
export function replaceLine(text: string, record: ApiKeyRecord): string | undefined {
  const lines = text.split("\n");
  const at = lines.findIndex((line) => !isNothing(line) && parseLine(line)?.id === record.id);
  return at < 0 ? undefined : lines.with(at, toApiKeyLine(record)).join("\n");
}

function isNothing(line: string): boolean {
  return line.trim() === "" || line.startsWith("#");
}

function parseLine(line: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(line);
    const isObject = typeof value === "object" && value !== null && !Array.isArray(value);
    return isObject ? (value as Record<string, unknown>) : undefined;
  } catch {
    return undefined;
  }
}

function toRecord(raw: Record<string, unknown>, refuse: (fault: string) => never): ApiKeyRecord {
  const read = { ...raw };
  for (const field of instants) {
    const value = raw[field];
    if (value === undefined) continue;
    const instant = typeof value === "string" && isoInstant.test(value) ? Date.parse(value) : Number.NaN;
    if (Number.isNaN(instant)) refuse(`${field} must be an instant such as 2027-01-31T00:00:00Z`);
    read[field] = instant;
  }
  // `apiKeyFault` checks every field.
  return read as unknown as ApiKeyRecord;
}
