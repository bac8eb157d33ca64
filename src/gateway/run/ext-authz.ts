import { create, fromBinary, type MessageInitShape, toBinary } from "@bufbuild/protobuf";
import type { Answered } from "../../adapters/node/attach.js";
import { after } from "../../base/awaitable.js";
import { toDenialStatus } from "../../credentials/denial-fields.js";
import type { AuthFront } from "../../engine/front.js";
import {
  HeaderValueOption_HeaderAppendAction,
  type HeaderValueOptionSchema,
} from "../../gen/envoy/config/core/v3/base_pb.js";
import {
  type AttributeContext_HttpRequest,
  CheckRequestSchema,
  type CheckResponse,
  CheckResponseSchema,
} from "../../gen/envoy/service/auth/v3/external_auth_pb.js";
import type { Identity } from "../../model/identity.js";
import { firstOf } from "../../model/raw-headers.js";
import type { HeaderFields } from "../../model/request.js";
import { type RpcService, refuse } from "../../model/rpc-service.js";
import { managedFields } from "../forward/header-fate.js";
import { toWholeIdentity } from "../forward/identity-headers.js";
import type { ProxyQuestion } from "../own/question.js";
import { type Ambiguity, ambiguities } from "../route/ambiguity.js";
import { toCanonicalAuthority } from "../route/canonical-authority.js";
import { callerOf } from "../route/permission.js";
import { toClientDenial } from "./client-denial.js";
import type { Ruled, RuleQuestion } from "./rule-question.js";

type HeaderOption = MessageInitShape<typeof HeaderValueOptionSchema>;

/**
 * Makes the service that Envoy asks by gRPC (`envoy.service.auth.v3.Authorization`). What passes gets the fields that tell the
 * upstream who calls, loses all by which a client could say so itself, and brings its client the next token as `Authorization`.
 */
export function createExtAuthz<I extends Identity>(
  rule: RuleQuestion<I>,
  front: Pick<AuthFront<I>, "rules" | "credentialHeaders">,
): RpcService<I> {
  function toResponse(ruled: Ruled<I>, rawHeaders: readonly string[]): CheckResponse {
    if (ruled.kind === "refused") return toRefusal(ruled, rawHeaders);
    const { decision, route } = ruled;
    const fields = toWholeIdentity(callerOf(decision));
    const headers: HeaderOption[] = [];
    const headersToRemove = [...removed];
    for (let index = 0; index < fields.length; index += 2) {
      const [name, value] = [fields[index] as string, fields[index + 1] as string];
      if (value === "") headersToRemove.push(name);
      else headers.push(toField(name, value));
    }
    if (!route.forwardAuthorization) headersToRemove.push("authorization", ...front.credentialHeaders);
    const responseHeadersToAdd = toOffer(decision.kind === "allowed" ? decision : {});
    const okResponse = { headers, headersToRemove, responseHeadersToAdd };
    return create(CheckResponseSchema, {
      status: { code: 0 },
      httpResponse: { case: "okResponse", value: okResponse },
    });
  }

  return {
    name: "envoy.service.auth.v3.Authorization",
    rules: front.rules,
    methods: new Map([
      [
        "Check",
        {
          kind: "unary",
          anonymous: true,
          opens: false,
          answer(message, { request }) {
            const http = readRequest(message);
            if (http === undefined) return malformed;
            const rawHeaders = fieldsOf(http);
            return after(rule(toQuestion(http, rawHeaders), request), (ruled) =>
              toBinary(CheckResponseSchema, toResponse(ruled, rawHeaders)),
            );
          },
        },
      ],
    ]),
  };
}

const malformed = refuse("invalid_argument", "bad_request", "The message is no question about a request of HTTP.");

/** The identity's fields are set or removed one by one: Envoy removes after it has set. */
const removed = managedFields.filter((name) => name !== "authorization");

function readRequest(message: Uint8Array): AttributeContext_HttpRequest | undefined {
  try {
    return fromBinary(CheckRequestSchema, message).attributes?.request?.http;
  } catch {
    return undefined;
  }
}

/** Name, value, name, value, without pseudo fields. One character for each byte of a raw value. */
function fieldsOf({ headers, headerMap, host }: AttributeContext_HttpRequest): string[] {
  const fields: string[] = [];
  const add = (name: string, value: string): void => {
    if (!name.startsWith(":") && name.toLowerCase() !== "host") fields.push(name, value);
  };
  for (const { key, value, rawValue } of headerMap?.headers ?? [])
    add(key, rawValue.length > 0 ? Buffer.from(rawValue).toString("latin1") : value);
  if (headerMap === undefined) for (const [name, value] of Object.entries(headers)) add(name, value);
  fields.push("host", host);
  return fields;
}

function toQuestion({ method, path, host }: AttributeContext_HttpRequest, asked: string[]): ProxyQuestion | Ambiguity {
  const authority = toCanonicalAuthority(host)?.authority;
  if (authority === undefined) return host === "" ? ambiguities.noHost : ambiguities.host;
  return { method, url: path, httpVersion: "1.1", isForDenial: false, rawHeaders: ["host", authority], asked };
}

function toRefusal(
  { denial, answered = {} }: Extract<Ruled<Identity>, { kind: "refused" }>,
  rawHeaders: readonly string[],
): CheckResponse {
  const { status, headers, body } = toClientDenial(denial, rawHeaders);
  // Envoy makes the message of a gRPC status of the body.
  const isGrpc = /^application\/grpc(?:[+;]|$)/i.test(firstOf(rawHeaders, "content-type") ?? "");
  const value = {
    status: { code: status },
    headers: [...toFields(headers), ...toOffer(answered)],
    body: isGrpc ? denial.message : Buffer.from(body).toString(),
  };
  return create(CheckResponseSchema, {
    status: { code: toDenialStatus(denial).grpc },
    httpResponse: { case: "deniedResponse", value },
  });
}

/** The fields of an answer to the client. */
function toOffer({ offer, headers = [] }: Answered): HeaderOption[] {
  if (offer?.usable() !== true) return toFields(headers);
  const { scheme, token, setCookie } = offer;
  const own: [string, string][] = [["authorization", `${scheme} ${token}`]];
  if (setCookie !== undefined) own.push(["set-cookie", setCookie]);
  return toFields([...headers, ...own]);
}

const toFields = (fields: HeaderFields): HeaderOption[] => fields.map(([name, value]) => toField(name, value));

function toField(key: string, value: string): HeaderOption {
  return { header: { key, value }, appendAction: HeaderValueOption_HeaderAppendAction.OVERWRITE_IF_EXISTS_OR_ADD };
}
