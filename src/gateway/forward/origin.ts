/** The parts of an upstream's URL. */
export interface Origin {
  /** `http:`, `https:`, or `h2c:` for HTTP/2 without TLS. */
  readonly protocol: string;
  /** An IPv6 address is without its brackets. */
  readonly host: string;
  readonly port: number;
  /** The path of a Unix socket, which takes the place of host and port. */
  readonly socket: string | undefined;
  /** Host and port, or `unix:` and the path: as operators are to read it. */
  readonly where: string;
}

/** Reads an origin: `http://`, `https://` or `h2c://`, host and port; or `unix:` or `unix+h2c:` and the path of a socket. */
export function parseOrigin(origin: string): Origin {
  const [, h2c, socket] = /^unix(\+h2c)?:(.+)$/.exec(origin) ?? [];
  if (socket !== undefined) {
    const protocol = h2c === undefined ? "http:" : "h2c:";
    return { protocol, host: "", port: 0, socket, where: `unix:${socket}` };
  }
  // A URL of a scheme that the URL standard does not know is read by other rules.
  const isH2c = origin.startsWith("h2c:");
  const url = new URL(isH2c ? origin.replace("h2c:", "http:") : origin);
  const host = url.hostname.replace(/^\[(.*)\]$/, "$1");
  const port = url.port === "" ? (url.protocol === "https:" ? 443 : 80) : Number(url.port);
  const where = `${url.hostname}:${port}`;
  return { protocol: isH2c ? "h2c:" : url.protocol, host, port, socket: undefined, where };
}

/** The URL to write for the same place, if it speaks HTTP/1.1 without TLS. */
export function toHttp1Url(where: string): string {
  return where.startsWith("unix:") ? where : `http://${where}`;
}

/** The URL to write for the same place, if it speaks HTTP/2 without TLS. */
export function toH2cUrl(where: string): string {
  return where.startsWith("unix:") ? where.replace("unix:", "unix+h2c:") : `h2c://${where}`;
}
