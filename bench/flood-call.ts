import { type Agent, request } from "node:http";

export interface Call {
  readonly ms: number;
  readonly status: number;
}

/** One call, and how long it took. */
export function call(port: number, agent: Agent, authorization: string, from: string): Promise<Call> {
  const begun = performance.now();
  return new Promise((resolve, reject) => {
    const headers = { authorization, "x-forwarded-for": from };
    request({ host: "127.0.0.1", port, agent, headers }, (response) => {
      response.resume();
      response.on("end", () => resolve({ ms: performance.now() - begun, status: response.statusCode ?? 0 }));
    })
      .on("error", reject)
      .end();
  });
}
