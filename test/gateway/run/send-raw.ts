import { connect } from "node:net";
import type { RawRequest } from "../../../src/gateway/run/raw-request.js";
import { valuesOf } from "../running.js";

/** Longer than any answer takes. */
const patienceMs = 20_000;

/**
 * Writes a request with the body that it announces, byte by byte as it is.
 *
 * @returns the status of the answer, 0 when there was none.
 */
export function sendRaw(port: number, request: RawRequest): Promise<number> {
  const { method, url, httpVersion, rawHeaders } = request;
  const lines = rawHeaders.flatMap((name, index) => (index % 2 === 0 ? [`${name}: ${rawHeaders[index + 1]}`] : []));
  const length = Number(valuesOf(request, "content-length")[0] ?? 0);
  const body = valuesOf(request, "transfer-encoding").length > 0 ? "0\r\n\r\n" : "x".repeat(length);
  const text = `${[`${method} ${url} HTTP/${httpVersion}`, ...lines].join("\r\n")}\r\n\r\n${body}`;
  return new Promise((resolve) => {
    let answer = "";
    const socket = connect({ port, host: "127.0.0.1" }, () => socket.write(text, "latin1"));
    socket.setEncoding("latin1").setTimeout(patienceMs, () => socket.destroy());
    socket.on("data", (data: string) => {
      answer += data;
      if (answer.includes("\r\n\r\n")) socket.destroy();
    });
    socket.on("error", () => {}).on("close", () => resolve(Number(/^HTTP\/1\.1 (\d{3}) /.exec(answer)?.[1] ?? 0)));
  });
}
