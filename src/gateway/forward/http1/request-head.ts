import type { ForwardedRequest } from "../exchange.js";

const token = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/;

/** What ends a word of the request line, or has no place in it. */
const notInWord = /[^\x21-\x7e\x80-\xff]/;

/** What ends a line, and what is no byte. Node and others stop at NUL. */
const notInValue = /[\0\r\n]|[^\0-\xff]/;

/**
 * Makes the head of a request, one character for each byte; `undefined` when a part of it would end its line, or is about
 * the framing, so that the upstream would read another request than this one.
 */
export function toHttp1Head(request: ForwardedRequest): string | undefined {
  const { method, path, authority, headers, framing } = request;
  if (!token.test(method) || path === "" || notInWord.test(path) || notInWord.test(authority)) return undefined;
  let head = `${method} ${path} HTTP/1.1\r\nhost: ${authority}\r\n`;
  for (let i = 0; i < headers.length; i += 2) {
    const name = headers[i] as string;
    const value = headers[i + 1] as string;
    if (!token.test(name) || notInValue.test(value) || isFraming(name)) return undefined;
    head += `${name}: ${value}\r\n`;
  }
  if (request.isWebSocket) head += "connection: Upgrade\r\nupgrade: websocket\r\n";
  if (framing.kind === "length") return `${head}content-length: ${framing.length}\r\n\r\n`;
  return framing.kind === "chunked" ? `${head}transfer-encoding: chunked\r\n\r\n` : `${head}\r\n`;
}

function isFraming(name: string): boolean {
  if (name.length === 14) return name.toLowerCase() === "content-length";
  return name.length === 17 && name.toLowerCase() === "transfer-encoding";
}
