import type { HealthConfig } from "../../forward/upstream-config.js";
import { type Part, part } from "../part.js";
import { duration, object, text } from "../schema.js";
import { readTimeouts } from "../timeouts.js";

const schema = object(
  {
    path: text(
      "a path, such as /healthz",
      "Sent with GET, and answered with a status of 2xx by an address that is well. Without it " +
        "`grpc.health.v1.Health/Check` is called, and answered with SERVING.",
    ),
    service: text(
      "a service, such as shop.v1.Catalog",
      "The service to ask for by that call. Default: the server as a whole.",
    ),
    interval: duration("5s", "From the end of a check to the next one."),
    timeout: duration("2s", "How long a check may take."),
  },
  [],
  "Ask each address whether it is well. Two checks in a row that fail take it out of use, and one that succeeds brings it back. " +
    "Without it requests find out: by a connection that cannot be opened, or three requests in a row that were broken off.",
);

/** The health checks of the addresses of an upstream. */
export const upstreamHealthPart: Part<HealthConfig | undefined> = part(schema, (raw, path, context) => {
  if (raw === undefined) return undefined;
  const { path: target, service } = raw;
  if (target !== undefined && !/^\/[!"$-~]*$/.test(target))
    context.report([...path, "path"], "path must begin with / and have neither spaces nor #, such as /healthz");
  if (target !== undefined && service !== undefined)
    context.report([...path, "service"], "service is for gRPC; remove it, or path");
  // The name has one byte for its length.
  if (service !== undefined && Buffer.byteLength(service) > 127)
    context.report([...path, "service"], "service must have 127 bytes at most");
  return Object.freeze({ path: target, service, ...readTimeouts(schema, raw, path, context) });
});
