import type { Failure } from "../forward/exchange.js";
import type { EnvelopeFault } from "./envelopes.js";
import type { ConvertFault } from "./message-converter.js";

function failure(reason: Failure["reason"], code: string, detail: string): Failure {
  return Object.freeze({ reason, code, detail });
}

const tooMany = failure(
  "too_many_messages",
  "too_many_messages",
  "the messages of unary Connect calls under way fill the memory that they may take together",
);

/** What is wrong with the caller's messages. */
export const callerFaults: Readonly<Record<EnvelopeFault | ConvertFault | "partial" | "base64", Failure>> = {
  flags: failure("message_malformed", "caller_flags", "the caller's body has a frame that is no message"),
  // The caller's own encoding is the upstream's to judge.
  compressed: failure("message_malformed", "caller_flags", "the caller's body has a compressed message"),
  length: failure(
    "message_too_large",
    "caller_message",
    "a message of the caller is longer than rpc.maxMessageBytes, or one in JSON than 512 KiB",
  ),
  budget: tooMany,
  partial: failure("message_malformed", "caller_partial", "the caller's body ended inside a message"),
  format: failure(
    "message_malformed",
    "caller_json",
    "a message of the caller is not the JSON of what the method takes",
  ),
  base64: failure("message_malformed", "caller_base64", "the caller's body is no base64"),
};

/** What is wrong with the upstream's answer. */
export const upstreamFaults: Readonly<
  Record<EnvelopeFault | ConvertFault | "partial" | "status" | "type" | "count" | "trailer", Failure>
> = {
  flags: failure("upstream_malformed", "upstream_flags", "the answer has a frame that is no message of gRPC"),
  compressed: failure(
    "upstream_malformed",
    "upstream_encoding",
    "a message of the answer is compressed in a way that the caller did not accept",
  ),
  length: failure(
    "upstream_message_too_large",
    "upstream_message",
    "a message of the answer is longer than rpc.maxMessageBytes",
  ),
  budget: tooMany,
  partial: failure("upstream_malformed", "upstream_partial", "the answer ended inside a message"),
  format: failure(
    "upstream_malformed",
    "upstream_message",
    "a message of the answer is not what rpc.descriptors say, so that it has no JSON: are they those of this upstream?",
  ),
  status: failure("upstream_malformed", "upstream_status", "the answer has no grpc-status, or several"),
  type: failure("upstream_malformed", "upstream_type", "the answer is not of gRPC: does the upstream speak it?"),
  count: failure("upstream_malformed", "upstream_count", "a unary call was answered with no message, or with several"),
  trailer: failure(
    "upstream_malformed",
    "upstream_trailer",
    "the header of the answer has metadata called trailer-…, which a caller of Connect would take for a trailer",
  ),
};
