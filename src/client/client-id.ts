import { create } from "@bufbuild/protobuf";
import { type ClientId, ClientIdSchema } from "../gen/io/deephaven/proto/auth/auth_pb.js";

/** Names one client among all that live: Deephaven Enterprise finds a nonce by it. */
export function createClientId(): ClientId {
  return create(ClientIdSchema, { name: "sallyport", uuid: crypto.getRandomValues(new Uint8Array(16)) });
}
