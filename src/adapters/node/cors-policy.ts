import onHeaders from "on-headers";
import { AuthError } from "../../base/errors.js";
import { type OptionKinds, requireOptions } from "../../base/options.js";
import { token } from "../../credentials/grammar.js";
import type { HeaderFields } from "../../model/request.js";
import { type AnswerFields, addVary } from "./attach.js";
import type { NodeRequest, NodeResponse } from "./request.js";

/**
 * The request headers that a page must be allowed to send: ours, and those of Connect and gRPC-Web. Each is named,
 * since `*` does not allow `Authorization` (Fetch standard, "CORS non-wildcard request-header name").
 */
export const corsAllowedHeaders: readonly string[] = Object.freeze([
  "Authorization",
  "DPoP",
  "Content-Type",
  "Connect-Protocol-Version",
  "Connect-Timeout-Ms",
  "Connect-Content-Encoding",
  "Connect-Accept-Encoding",
  "Content-Encoding",
  "Accept-Encoding",
  "Grpc-Timeout",
  "Grpc-Message-Type",
  "X-Grpc-Web",
  "X-User-Agent",
]);

/**
 * The response headers that a page must be able to read: without `Authorization` it never gets the next token, and its
 * session ends. Each is named, since `*` has no effect with credentials.
 */
export const corsExposedHeaders: readonly string[] = Object.freeze([
  "Authorization",
  "WWW-Authenticate",
  "Sallyport-Reason",
  "DPoP-Nonce",
  "Retry-After",
  "Grpc-Status",
  "Grpc-Message",
  "Grpc-Status-Details-Bin",
  "Content-Encoding",
  "Connect-Content-Encoding",
]);

/** Options of `expressCors` and `nodeCors`. */
export interface CorsOptions {
  /** The allowed origins, exactly as browsers send them: `https://app.example`, no path, no trailing slash, no `*`. */
  readonly origins: readonly string[];
  /** The allowed methods. Default: `GET`, `HEAD`, `POST`, `PUT`, `PATCH`, `DELETE`. */
  readonly methods?: readonly string[];
  /** Further headers that your pages send, beside `corsAllowedHeaders`. Default: none. */
  readonly allowedHeaders?: readonly string[];
  /** Further headers that your pages read, beside `corsExposedHeaders`. Default: none. */
  readonly exposedHeaders?: readonly string[];
  /** How long a browser may remember a preflight, in milliseconds. Default: 7,200,000, the most that Chromium accepts. */
  readonly maxAgeMs?: number | undefined;
}

const corsKinds: OptionKinds<CorsOptions> = {
  origins: "strings!",
  methods: "strings",
  allowedHeaders: "strings",
  exposedHeaders: "strings",
  maxAgeMs: "number",
};

/** Compiled options. */
export interface CorsPolicy {
  /** The fields by which a page of this origin may read an answer; none for any other origin. */
  answerFields(origin: string | undefined): HeaderFields;
  /** The further fields of a preflight: what a page of this origin may send. */
  preflightFields(origin: string | undefined): HeaderFields;
}

const noFields: HeaderFields = Object.freeze([]);

/**
 * Checks and compiles options.
 *
 * @throws {AuthError} `invalid_options` for a malformed origin, method or name of a header
 */
export function createCorsPolicy(options: CorsOptions): CorsPolicy {
  requireOptions("cors", options, corsKinds);
  const { methods = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"] } = options;
  const allowed = [...corsAllowedHeaders, ...(options.allowedHeaders ?? [])];
  const exposed = [...corsExposedHeaders, ...(options.exposedHeaders ?? [])];
  for (const name of [...methods, ...allowed, ...exposed]) requireToken(name);
  // Each origin has its own fields, made once: what is written is never what came.
  const answers = new Map<string | undefined, HeaderFields>(
    options.origins.map(requireOrigin).map((origin) => [
      origin,
      [
        ["Access-Control-Allow-Origin", origin],
        ["Access-Control-Expose-Headers", exposed.join(", ")],
      ],
    ]),
  );
  const preflight: HeaderFields = [
    ["Access-Control-Allow-Methods", methods.join(", ")],
    ["Access-Control-Allow-Headers", allowed.join(", ")],
    ["Access-Control-Max-Age", String(Math.floor((options.maxAgeMs ?? 7_200_000) / 1_000))],
  ];
  return Object.freeze({
    answerFields: (origin: string | undefined) => answers.get(origin) ?? noFields,
    preflightFields: (origin: string | undefined) => (answers.has(origin) ? preflight : noFields),
  });
}

/** Returns the method that a preflight asks for; `undefined` for any other request (Fetch standard, "CORS-preflight request"). */
export function toPreflight({ method, headers }: Pick<NodeRequest, "method" | "headers">): string | undefined {
  if (method !== "OPTIONS" || headers.origin === undefined) return undefined;
  return headers["access-control-request-method"];
}

/** Answers a preflight. That to an unknown origin holds no permission, so the browser does not send the request. */
export function answerPreflight(response: NodeResponse, policy: CorsPolicy, origin: string | undefined): void {
  allowPage(response, policy, origin);
  for (const [name, value] of policy.preflightFields(origin)) response.setHeader(name, value);
  response.statusCode = 204;
  response.end();
}

/**
 * Lets pages read an answer that another server may write: the fields replace those of that server when the headers are sent.
 */
export function finishCors(response: NodeResponse, policy: CorsPolicy, origin: string | undefined): void {
  onHeaders(response, function beforeHeaders(this: NodeResponse) {
    replaceCors(this, policy, origin);
  });
}

/** Does what `finishCors` does, now: to an answer whose headers are being sent. */
export function replaceCors(
  response: Pick<AnswerFields, "getHeader" | "setHeader"> & Pick<NodeResponse, "getHeaderNames" | "removeHeader">,
  policy: CorsPolicy,
  origin: string | undefined,
): void {
  for (const name of response.getHeaderNames()) if (/^access-control-/i.test(name)) response.removeHeader(name);
  allowPage(response, policy, origin);
}

/** Adds the fields by which a page may read the answer. */
export function allowPage(
  response: Pick<AnswerFields, "getHeader" | "setHeader">,
  policy: CorsPolicy,
  origin: string | undefined,
): void {
  addVary(response, "Origin");
  for (const [name, value] of policy.answerFields(origin)) response.setHeader(name, value);
}

const wholeToken = new RegExp(`^${token}$`);

function requireToken(name: string): void {
  if (typeof name === "string" && wholeToken.test(name)) return;
  throw new AuthError("invalid_options", `cors: ${JSON.stringify(name)} is not the name of a method or a header`);
}

function requireOrigin(text: string): string {
  // `null` is the origin of every sandboxed frame and local file, so it identifies no site.
  if (URL.canParse(text) && new URL(text).origin === text && text !== "null") return text;
  throw new AuthError(
    "invalid_options",
    `origins: ${JSON.stringify(text)} is not an origin; write it as https://app.example, without a path or a slash at the end`,
  );
}
