import type { OwnHealthConfig } from "../../../own/own-config.js";
import { isAmbiguous } from "../../../route/ambiguity.js";
import { readPath } from "../../../route/canonical-path.js";
import { toPathText } from "../../document.js";
import { type Part, part } from "../../part.js";
import { flag, object, text } from "../../schema.js";

/** Health checks on the addresses of traffic. */
export const healthPart: Part<OwnHealthConfig | undefined> = part(
  object(
    {
      path: text(
        "a path, such as /healthz",
        "Also for plain HTTP: 200 at this path when the gateway is ready, else 503; for HTTP/1.0 without `Host`, too. Default: none.",
      ),
    },
    [],
    "`grpc.health.v1.Health`, for balancers and probes: whether the gateway is ready, as `/readyz` of `admin` says, without credentials. `{}` serves it. Default: none, and a route may lead the checks of an upstream to it.",
  ),
  (raw, at, context) => {
    if (raw === undefined) return undefined;
    const { path } = raw;
    const read = path === undefined ? undefined : readPath(path);
    if (path !== undefined && (isAmbiguous(read) || read !== path || path === "/")) {
      const where = [...at, "path"];
      context.report(where, `${toPathText(where)} must be a path of one spelling below /, such as /healthz`);
    }
    return Object.freeze({ path });
  },
);

/** The description of the gateway's own services. */
export const reflectionPart: Part<boolean> = part(
  flag(
    "`grpc.reflection.v1` and `v1alpha`, for tools such as grpcurl: they describe the gateway's own services, without credentials. `false`: a route may lead them to an upstream.",
  ),
  (raw) => raw ?? false,
);
