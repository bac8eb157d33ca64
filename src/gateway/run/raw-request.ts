import { AuthError } from "../../base/errors.js";
import { requireArgument } from "../../base/options.js";

/** A request that was read from a file. */
export interface RawRequest {
  readonly method: string;
  readonly url: string;
  /** `1.1` or `1.0`. */
  readonly httpVersion: string;
  /** Name, value, name, value, as written. */
  readonly rawHeaders: readonly string[];
}

const startLine = /^([!#$%&'*+.^_`|~0-9A-Za-z-]+) (\S+) HTTP\/(1\.[01])$/;

const fieldLine = /^([!#$%&'*+.^_`|~0-9A-Za-z-]+):[ \t]*(.*?)[ \t]*$/;

/**
 * Parses a request in the form of HTTP/1.1 (RFC 9112): a start line, header fields, an empty line. The body behind it
 * is ignored. Lines may end with LF alone, as editors write them.
 *
 * @throws {AuthError} `invalid_options` with the number of the line; the line is not quoted, since it may hold
 *   credentials
 */
export function parseRawRequest(text: string, file: string): RawRequest {
  requireArgument("parseRawRequest", "text", text, "string");
  const [head = ""] = text.split(/\r?\n\r?\n/, 1);
  const [first = "", ...fields] = head.replace(/\r?\n$/, "").split(/\r?\n/);
  const [, method, url, httpVersion] = startLine.exec(first) ?? [];
  if (method === undefined || url === undefined || httpVersion === undefined) {
    throw new AuthError("invalid_options", `${file}:1:1: this must be a start line, such as GET /path HTTP/1.1`);
  }
  const rawHeaders = fields.flatMap((line, index) => {
    const [, name, value] = fieldLine.exec(line) ?? [];
    if (name === undefined || value === undefined) {
      throw new AuthError(
        "invalid_options",
        `${file}:${index + 2}:1: this must be a header field, such as Host: example.com`,
      );
    }
    return [name, value];
  });
  return Object.freeze({ method, url, httpVersion, rawHeaders });
}
