import { connect as connectHttp2 } from "node:http2";
import { connect } from "node:net";
import { parentPort, workerData } from "node:worker_threads";

/** What to upload without end, over HTTP/1 (`head`) or HTTP/2 (`contentType`). */
export interface Upload {
  readonly origin: string;
  readonly head?: readonly string[];
  readonly chunk?: string;
  readonly contentType?: string;
}

/** What an uploader tells, in this order. */
export type Uploaded = { readonly kind: "answered" } | { readonly kind: "closed"; readonly answer: string };

// A thread of its own: who pours without end has no time for a server's timers.
const { origin, head, chunk = "", contentType = "" } = workerData as Upload;
let answer = "";

function tell(uploaded: Uploaded): void {
  parentPort?.postMessage(uploaded);
}

function hear(text: string): void {
  if (answer === "") tell({ kind: "answered" });
  answer += text;
}

if (head !== undefined) uploadHttp1(head);
else uploadHttp2();

/** Writes a head and then a body, as fast as the connection takes it, and never minds the answer. */
function uploadHttp1(fields: readonly string[]): void {
  const url = new URL(origin);
  const socket = connect(Number(url.port), url.hostname, () => {
    socket.write(`POST /up HTTP/1.1\r\nHost: x\r\n${fields.join("\r\n")}\r\n\r\n`);
    pour();
  });
  function pour(): void {
    while (!socket.destroyed && socket.write(chunk));
  }
  socket.on("drain", pour).on("error", () => undefined);
  socket.on("data", (data) => {
    hear(data.toString("latin1"));
  });
  socket.on("close", () => tell({ kind: "closed", answer }));
}

function uploadHttp2(): void {
  const session = connectHttp2(origin);
  session.on("error", () => undefined);
  const stream = session.request({ ":method": "POST", ":path": "/up", "content-type": contentType });
  function pour(): void {
    while (!stream.destroyed && stream.write(Buffer.alloc(16_384)));
  }
  stream.on("response", (headers) => {
    hear(`${headers[":status"]} ${headers["sallyport-reason"] ?? ""} `);
  });
  stream.on("data", (data: Buffer) => hear(data.toString("latin1")));
  stream.on("drain", pour).on("error", () => undefined);
  stream.on("close", () => {
    // A reset with an error would hide the answer from other clients.
    if (stream.rstCode !== 0) answer = `reset ${stream.rstCode}`;
    tell({ kind: "closed", answer });
    session.destroy();
  });
  pour();
}
