import { request } from "node:http";
import { connect } from "node:http2";
import type { Socket } from "node:net";
import { toLostFailure } from "../../forward/http2/failures.js";
import { toH2cUrl } from "../../forward/origin.js";

/** What became of `HEAD /`: the `Date` of an answer of any status, or why there is none. */
export type HttpAnswer =
  | { readonly kind: "answered"; readonly date: string | undefined }
  /** It speaks the protocol, or may speak it, and gave no answer to this request. */
  | { readonly kind: "silent" }
  | { readonly kind: "fault"; readonly detail: string };

export interface HttpQuestion {
  /** It is destroyed by the caller. */
  readonly socket: Socket;
  /** Host and port. */
  readonly where: string;
  readonly isTls: boolean;
  /** Calls back when the time is over; returns what cancels that. */
  readonly onLate: (late: () => void) => () => void;
}

export function askHttp1({ socket, where, isTls, onLate }: HttpQuestion): Promise<HttpAnswer> {
  return new Promise((resolve) => {
    const settle = (answer: HttpAnswer): void => {
      cancel();
      resolve(answer);
    };
    const cancel = onLate(() => settle({ kind: "silent" }));
    const asked = request({
      method: "HEAD",
      path: "/",
      headers: { host: hostOf(where) },
      createConnection: () => socket,
    });
    asked.on("response", (response) => {
      response.resume();
      settle({ kind: "answered", date: response.headers.date });
    });
    asked.on("error", (error: NodeJS.ErrnoException) => {
      const remedy = isTls ? "" : `; if it speaks HTTP/2 without TLS, write its URL as ${toH2cUrl(where)}`;
      const isStrange = error.code?.startsWith("HPE_") === true;
      const what = isStrange ? "does not speak HTTP/1.1" : "closed the connection without an answer to HTTP/1.1";
      settle({ kind: "fault", detail: `${where} ${what}${remedy}` });
    });
    asked.end();
  });
}

export function askHttp2({ socket, where, isTls, onLate }: HttpQuestion): Promise<HttpAnswer> {
  return new Promise((resolve) => {
    let hasBegun = false;
    const session = connect(`${isTls ? "https" : "http"}://${hostOf(where)}`, { createConnection: () => socket });
    const settle = (answer: HttpAnswer): void => {
      cancel();
      resolve(answer);
      session.destroy();
    };
    const lost = (error?: NodeJS.ErrnoException): void => {
      if (hasBegun) settle({ kind: "silent" });
      else
        settle({ kind: "fault", detail: toLostFailure(error, true, where).detail ?? `${where} does not speak HTTP/2` });
    };
    const cancel = onLate(() => {
      if (hasBegun) settle({ kind: "silent" });
      else settle({ kind: "fault", detail: `${where} takes connections, and did not begin with HTTP/2 in time` });
    });
    // HTTP/2 begins with SETTINGS of both sides (RFC 9113 §3.4).
    session.once("remoteSettings", () => {
      hasBegun = true;
    });
    session.on("error", lost).on("close", () => lost());
    const stream = session.request({ ":method": "HEAD", ":path": "/" }, { endStream: true });
    stream.on("response", ({ date }) =>
      settle({ kind: "answered", date: typeof date === "string" ? date : undefined }),
    );
    stream.on("error", () => hasBegun && settle({ kind: "silent" }));
  });
}

/** A server behind a Unix socket has no host: it gets the one that such clients send. */
function hostOf(where: string): string {
  return where.startsWith("unix:") ? "localhost" : where;
}
