import type { OutgoingHttpHeaders } from "node:http";
import type { AnswerFields } from "../../adapters/node/attach.js";
import { indexOfField, isNamed } from "../../model/raw-headers.js";

/**
 * The head of an answer before it is sent: name, value, name, value, one line each. It has the methods of Node's
 * responses by which token, `Vary` and CORS fields are added.
 */
export class AnswerHead implements AnswerFields {
  readonly statusCode: number;
  readonly fields: string[];

  constructor(statusCode: number, fields: string[]) {
    this.statusCode = statusCode;
    this.fields = fields;
  }

  getHeader(name: string): string | undefined {
    const { fields } = this;
    const lower = name.toLowerCase();
    let joined: string | undefined;
    for (let index = 0; index < fields.length; index += 2) {
      if (!isNamed(fields[index] as string, lower)) continue;
      joined = joined === undefined ? fields[index + 1] : `${joined}, ${fields[index + 1]}`;
    }
    return joined;
  }

  getHeaderNames(): string[] {
    return this.fields.filter((_, index) => index % 2 === 0);
  }

  setHeader(name: string, value: string): void {
    this.removeHeader(name);
    this.fields.push(name, value);
  }

  appendHeader(name: string, value: string): void {
    this.fields.push(name, value);
  }

  removeHeader(name: string): void {
    const { fields } = this;
    const lower = name.toLowerCase();
    for (let index = fields.length - 2; index >= 0; index -= 2) {
      if (isNamed(fields[index] as string, lower)) fields.splice(index, 2);
    }
  }
}

/**
 * Makes the object that `node:http2` takes, and combines the fields of each name into one line, as RFC 9110 §5.3 allows a
 * proxy to; equal values are kept once. Only `Set-Cookie` cannot be combined.
 *
 * Node throws when it must send `Content-Type`, `X-Content-Type-Options` and others in two lines, and it may do so where
 * the error cannot be caught. Upstreams behind middleware that sets headers twice are common.
 */
export function toHttp2Headers(fields: readonly string[]): OutgoingHttpHeaders {
  const headers: Record<string, string | string[]> = Object.create(null);
  for (let index = 0; index < fields.length; index += 2) {
    const name = (fields[index] as string).toLowerCase();
    const value = fields[index + 1] as string;
    const earlier = headers[name];
    if (earlier === undefined) headers[name] = value;
    else if (!Array.isArray(earlier)) headers[name] = [earlier, value];
    else earlier.push(value);
  }
  for (const name of Object.keys(headers)) {
    const value = headers[name];
    if (Array.isArray(value) && name !== "set-cookie") headers[name] = [...new Set(value)].join(", ");
  }
  return headers;
}

/**
 * How many interim answers of one request are passed on. They are written whether the caller reads or not, and an upstream
 * that sends them without end would fill the memory.
 */
export const maxHints = 8;

/** Statuses whose answers have no content (RFC 9110 §15.3.5, §15.3.6, §15.4.5). */
const bodiless: ReadonlySet<number> = new Set([204, 205, 304]);

/** Whether answers with this status have no content. */
export function isBodiless(status: number): boolean {
  return bodiless.has(status);
}

/** Returns the status that a gRPC answer ends with, of its trailers, or of its head where that is all. */
export function grpcStatusOf(fields: readonly string[]): string | undefined {
  const index = indexOfField(fields, "grpc-status");
  return index === -1 ? undefined : fields[index + 1];
}
