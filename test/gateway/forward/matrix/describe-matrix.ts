import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import { hangMs } from "../../../size.js";
import type { Certificates } from "../../make-certificates.js";
import { expectedOfRaw, expectedOfRpc } from "./expected.js";
import { rawKinds } from "./raw-kinds.js";
import { rpcKinds } from "./rpc-kinds.js";
import type { Stage } from "./stage.js";
import { listenerKinds, rawClients, rpcClients, type UpstreamKind, upstreamKinds } from "./ways.js";
import { certificatesOrFail, type MatrixGateway, startMatrixGateway } from "./world.js";

type Fields = Readonly<Record<string, string>>;
type Kinds<C> = Readonly<Record<string, (caller: C, stage: Stage, fields: Fields) => Promise<string>>>;

/** Runs the cells of one caller that `isMeant`, one after the other, and compares what was seen with the table. */
async function runCells<C extends { close(): void }>(
  gateway: MatrixGateway,
  caller: C,
  kinds: Kinds<C>,
  expectedOf: (kind: string) => string,
  isMeant: (index: number) => boolean,
): Promise<void> {
  const saw: Record<string, string> = {};
  const expected: Record<string, string> = {};
  const meant = Object.entries(kinds).filter((_, index) => isMeant(index));
  for (const [kind, run] of meant) {
    const hang = new AbortController();
    const hung = delay(hangMs / 4, "hangs", { signal: hang.signal }).catch(() => "");
    saw[kind] = await Promise.race([run(caller, gateway.upstream.stage, gateway.nextFields()).catch(String), hung]);
    hang.abort();
    expected[kind] = expectedOf(kind);
  }
  caller.close();
  assert.deepEqual(saw, expected);
}

/**
 * Describes the matrix.
 *
 * @param isMeant whether a cell of RPCs runs, by the sum of the numbers of its upstream, listener, client and kind
 */
export function describeMatrix(isMeant: (sum: number) => boolean): void {
  describe("callers of each protocol and listener, and upstreams of each protocol", () => {
    const gateways = new Map<UpstreamKind, MatrixGateway>();
    const gatewayOf = (kind: UpstreamKind): MatrixGateway => gateways.get(kind) as MatrixGateway;
    let certificates: Certificates;
    before(async () => {
      certificates = certificatesOrFail();
      for (const kind of upstreamKinds) gateways.set(kind, await startMatrixGateway(kind, certificates));
    });
    after(async () => {
      for (const gateway of gateways.values()) await gateway.close();
      certificates.remove();
    });

    for (const [row, upstream] of upstreamKinds.entries()) {
      for (const [column, listener] of listenerKinds.entries()) {
        for (const client of rawClients) {
          it(`HTTP: ${client} to a ${listener} listener, an upstream of ${upstream}`, () => {
            const expectedOf = (kind: string): string => expectedOfRaw(kind, client, upstream);
            const gateway = gatewayOf(upstream);
            return runCells(gateway, gateway.raw(client, listener), rawKinds, expectedOf, () => true);
          });
        }
        for (const [place, client] of rpcClients.entries()) {
          it(`RPC: ${client} to a ${listener} listener, an upstream of ${upstream}`, () => {
            const expectedOf = (kind: string): string => expectedOfRpc(kind, client, upstream);
            const gateway = gatewayOf(upstream);
            const isMeantOf = (index: number): boolean => isMeant(row + column + place + index);
            return runCells(gateway, gateway.rpc(client, listener), rpcKinds, expectedOf, isMeantOf);
          });
        }
      }
    }
  });
}
