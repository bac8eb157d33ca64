import { once } from "node:events";
import { sized } from "../../../size.js";
import type { RawCall, RawCaller } from "./raw-callers.js";
import { bigHead } from "./serve-http.js";
import type { Stage } from "./stage.js";

type Fields = Readonly<Record<string, string>>;
export type RunRaw = (caller: RawCaller, stage: Stage, fields: Fields) => Promise<string>;

/** Longer than a window of HTTP/2, and 16 MB in the full size; `loads/big-bodies.long.test.ts` sends a gigabyte. No two of its blocks are the same. */
export const message: Buffer = Buffer.concat(
  Array.from({ length: sized(20, 1_024) }, (_, index) => Buffer.alloc(16_384, `${index} `)),
);

const summary = ({ status, body, isWhole }: RawCall): string =>
  `${status ?? "no answer"}${body.length > 0 ? ` ${body}` : ""}${isWhole || status === undefined ? "" : ", cut"}`;

/** A call without more, and a field or trailer of its answer. */
const simple =
  (path: string, method = "GET", more: Fields = {}, seen: (call: RawCall) => string = () => ""): RunRaw =>
  async (caller, _stage, fields) => {
    const call = caller.call({ method, path, fields: { ...fields, ...more } });
    await call.over;
    return `${summary(call)}${seen(call)}`;
  };

/** A call that the gateway itself answers. */
const refused =
  (path: string, more: Fields = {}): RunRaw =>
  async (caller, _stage, fields) => {
    const call = caller.call({ path, fields: { ...fields, ...more } });
    await call.over;
    return `${call.status} ${call.fields["sallyport-reason"]}`;
  };

/** What is done, and returns what caller and upstream saw of it in short. */
export const rawKinds: Readonly<Record<string, RunRaw>> = {
  call: simple("/"),
  HEAD: simple("/", "HEAD", {}, ({ fields }) => `, length ${fields["content-length"]}`),
  204: simple("/204", "GET", {}, ({ fields }) => ` ${fields.etag}`),
  304: simple("/304", "GET", {}, ({ fields }) => ` ${fields.etag}`),
  range: simple("/range", "GET", { range: "bytes=1-2" }, ({ fields }) => `, ${fields["content-range"]}`),
  error: simple("/500"),
  trailers: simple("/trailers", "GET", {}, ({ trailers }) => `, ${trailers["x-end"]}`),
  "103": simple("/hints", "GET", {}, ({ hints }) => `, hints: ${hints}`),
  "1 MB of fields of the answer": refused("/big-head"),
  deadline: refused("/silent", { "connect-timeout-ms": "20" }),

  async "16 MB both ways"(caller, _stage, fields) {
    const call = caller.call({
      method: "POST",
      path: "/echo",
      body: message,
      fields: { ...fields, "x-asked": "asked" },
    });
    await call.over;
    const isSame = call.isWhole && call.body.equals(message);
    return `${call.status} ${isSame ? "the same" : `${call.body.length} bytes`}, ${call.fields["x-came"]}`;
  },

  async "stream both ways"(caller, _stage, fields) {
    const call = caller.call({ method: "POST", path: "/echo", fields });
    let next = 1;
    call.onData = () => {
      next += 1;
      if (next <= 3) call.write(`${next} `);
      else call.end();
    };
    call.write("1 ");
    await call.over;
    return summary(call);
  },

  async SSE(caller, stage, fields) {
    const call = caller.call({ path: "/sse", fields });
    call.onData = () => stage.goOn();
    await call.over;
    return summary(call).replaceAll("\n", "");
  },

  async "early answer"(caller, _stage, fields) {
    const call = caller.call({ method: "POST", path: "/early", fields });
    call.onData = () => call.end();
    call.write("a part");
    await call.over;
    return summary(call);
  },

  async "upload aborted"(caller, stage, fields) {
    const call = caller.call({ method: "POST", path: "/echo", fields });
    call.onData = () => call.abort();
    call.write("a part");
    await call.over;
    return `${call.status}, upstream: ${await stage.seen(fields["x-cell"] ?? "")}`;
  },

  async cancel(caller, stage, fields) {
    const call = caller.call({ path: "/half", fields });
    call.onData = () => call.abort();
    await call.over;
    return `${summary(call)}, upstream: ${await stage.seen(fields["x-cell"] ?? "")}`;
  },

  async "upstream killed"(caller, stage, fields) {
    const call = caller.call({ path: "/half", fields });
    call.onData = () => stage.breakOff();
    await call.over;
    return summary(call);
  },

  async WebSocket(caller, _stage, fields) {
    const tunnel = await caller.openWebSocket(fields);
    if (typeof tunnel === "number") return `${tunnel}`;
    tunnel.on("error", () => {});
    let text = "";
    for (const word of ["ping", "pong"]) {
      tunnel.write(word);
      text += (await once(tunnel, "data"))[0];
    }
    // Half of it is closed: what the upstream still says arrives.
    tunnel.end();
    for await (const last of tunnel) text += last;
    return text;
  },

  // The last: over HTTP/2 the connection ends with it.
  "1 MB of fields": simple("/", "GET", bigHead),
};
