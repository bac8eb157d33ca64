import { fromBinary } from "@bufbuild/protobuf";
import type { Awaitable } from "../../../base/awaitable.js";
import type { Platform } from "../../../base/platform.js";
import { ConfigurationConstantsResponseSchema } from "../../../gen/io/deephaven/proto/backplane/grpc/config_pb.js";

/** The settings that a Deephaven server tells its clients. */
export type Constants = Readonly<Record<string, string>>;

/** How long they are used before they are read again: they change when the server starts anew. */
const freshMs = 60_000;

/** A server that is down is asked again after this time. */
const retryMs = 5_000;

const none: Constants = Object.freeze({});

/**
 * Remembers the settings of a Deephaven server. What is known is answered at once, and read again beside it. The first
 * answer comes with that of the server.
 *
 * @param read asks the server for the body of its answer; `undefined`: it did not tell
 */
export function rememberConstants(
  read: () => Promise<Uint8Array | undefined>,
  platform: Platform,
): () => Awaitable<Constants> {
  let known: Constants | undefined;
  let usedUntil = Number.NEGATIVE_INFINITY;
  let reading: Promise<Constants> | undefined;

  async function readAgain(): Promise<Constants> {
    const body = await read();
    const found = body && parseConstants(body);
    if (found !== undefined) known = found;
    usedUntil = platform.monotonic() + (found === undefined ? retryMs : freshMs);
    reading = undefined;
    return known ?? none;
  }

  return () => {
    if (platform.monotonic() < usedUntil) return known ?? none;
    reading ??= readAgain();
    return known ?? reading;
  };
}

/** Reads the one message of a unary answer of gRPC. `undefined`: it is none, or compressed. */
function parseConstants(body: Uint8Array): Constants | undefined {
  const bytes = Buffer.from(body.buffer, body.byteOffset, body.length);
  if (bytes.length < 5 || bytes[0] !== 0 || bytes.readUInt32BE(1) !== bytes.length - 5) return undefined;
  try {
    const { configValues } = fromBinary(ConfigurationConstantsResponseSchema, bytes.subarray(5));
    const texts = Object.entries(configValues).flatMap(([name, { kind }]) =>
      kind.case === "stringValue" ? [[name, kind.value] as const] : [],
    );
    return Object.freeze(Object.fromEntries(texts));
  } catch {
    return undefined;
  }
}
