import { frame, headerBlock, preface, settings } from "./listeners-world.js";

const post = "POST /slow HTTP/1.1\r\nHost: x\r\nContent-Length: 1000000\r\n\r\n";
const openPost = Buffer.concat([Buffer.from(preface), settings, frame(1, 0x04, 1, headerBlock("POST"))]);
const oneByteOfData = frame(0, 0, 1, Buffer.from("x"));

/** What a slow client sends. */
export interface SlowKind {
  readonly first: string | Uint8Array;
  /** Twice a second after that. */
  readonly drip?: string | Uint8Array;
}

/** Clients that hold a connection and send little: they ask for `/`, and for `/slow`. */
export const slowKinds: Readonly<Record<string, SlowKind>> = {
  "sends nothing": { first: "" },
  "HTTP/1, half a head": { first: "GET / HTTP/1.1\r\nHost: x\r\n" },
  "HTTP/1, a byte of head a second": { first: "GET / HTTP/1.1\r\nHost: x\r\nX: ", drip: "x" },
  "HTTP/1, a byte of body a second": { first: post, drip: "x" },
  "HTTP/1, a byte of a chunked body a second": {
    first: "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n",
    drip: "1\r\nx\r\n",
  },
  "HTTP/1, an upgrade that never ends its head": { first: "GET / HTTP/1.1\r\nConnection: upgrade\r\nUpgrade: h2c\r\n" },
  "HTTP/2, two bytes of the preface": { first: "PR" },
  "HTTP/2, half a preface": { first: preface.slice(0, 14) },
  "HTTP/2, SETTINGS and no request": { first: Buffer.concat([Buffer.from(preface), settings]) },
  "HTTP/2, PING and no request": {
    first: Buffer.concat([Buffer.from(preface), settings]),
    drip: frame(6, 0, 0, Buffer.alloc(8)),
  },
  "HTTP/2, HEADERS without END_HEADERS": {
    first: Buffer.concat([Buffer.from(preface), settings, frame(1, 0x01, 1, headerBlock("GET"))]),
  },
  "HTTP/2, no byte of body": { first: openPost },
  "HTTP/2, a byte of body a second": { first: openPost, drip: oneByteOfData },
};
