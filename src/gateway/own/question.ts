import { firstOf, indexOfField, valuesOf } from "../../model/raw-headers.js";
import { type Ambiguity, ambiguities, isAmbiguous } from "../route/ambiguity.js";
import { toCanonicalAuthority } from "../route/canonical-authority.js";
import type { TargetSource } from "../route/canonical-target.js";

/** A request that another proxy holds, and about which it asks. */
export interface ProxyQuestion {
  readonly method: string;
  /** Path and query, as the client sent them. */
  readonly url: string;
  readonly httpVersion: "1.1";
  /** The proxy has refused the request already, and asks for the answer that its client gets. */
  readonly isForDenial: boolean;
  /** What the target is resolved from: the authority alone. */
  readonly rawHeaders: readonly string[];
  /** The fields that came with the question, with the authority of the request as `Host`. */
  readonly asked: readonly string[];
}

/**
 * Reads the question of a request.
 *
 * @returns `undefined` when the request is no question
 */
export type ReadQuestion = (request: TargetSource) => ProxyQuestion | Ambiguity | undefined;

/**
 * Makes the reader of questions. A question is a request for `path` whose fields name the method and the target of another
 * request (nginx, Caddy, Traefik, HAProxy), or one for a path below it, whose rest is the target and whose method is that of
 * the other request (Envoy). What is named twice must be the same. With the query `?denial` the proxy asks for a denial in full.
 */
export function createReadQuestion(path: string): ReadQuestion {
  const below = `${path}/`;
  const forDenial = `${path}?denial`;
  return (request) => {
    const { method = "", url = "", rawHeaders } = request;
    if (!url.startsWith(path)) return undefined;
    if (url.startsWith(below)) return readClaims(rawHeaders, { method, url: url.slice(path.length) });
    return url.length === path.length || url[path.length] === "?"
      ? readClaims(rawHeaders, undefined, url === forDenial)
      : undefined;
  };
}

function readClaims(
  rawHeaders: readonly string[],
  own: { readonly method: string; readonly url: string } | undefined,
  isForDenial = false,
): ProxyQuestion | Ambiguity {
  // nginx names the target so, and passes the Host of the request on: a client's X-Forwarded-Host must not name another.
  const hasOwnHost = own !== undefined || indexOfField(rawHeaders, "x-original-uri") !== -1;
  const methods = valuesOfAll(rawHeaders, methodFields);
  const urls = valuesOfAll(rawHeaders, urlFields);
  const wholes = valuesOf(rawHeaders, "x-original-url");
  // ingress-nginx names all by this one, and asks with its own Host.
  const isWhole = own === undefined && urls.length === 0 && wholes.length > 0;
  const authority = isWhole ? authorityIn(wholes[0]) : readAuthority(rawHeaders, hasOwnHost);
  if (isAmbiguous(authority)) return authority;
  for (const value of wholes) urls.push(withoutOrigin(value, authority) ?? value);
  if (own !== undefined) {
    methods.push(own.method);
    urls.push(own.url);
  }
  const [method, url] = [methods[0], urls[0]];
  if (method === undefined || url === undefined) return unnamed;
  if (methods.some((other) => other !== method) || urls.some((other) => other !== url)) return contradicts;
  const host = ["host", authority];
  const named = firstOf(rawHeaders, ":authority") ?? firstOf(rawHeaders, "host");
  const asked = named === authority ? rawHeaders : [...withoutHosts(rawHeaders), ...host];
  return { method, url, httpVersion: "1.1", isForDenial, rawHeaders: host, asked };
}

const unnamed: Ambiguity = Object.freeze({
  kind: "ambiguous",
  detail:
    "the proxy that asks does not say which method and target its client has sent: X-Forwarded-Method and X-Forwarded-Uri",
});

const contradicts: Ambiguity = Object.freeze({
  kind: "ambiguous",
  detail: "the proxy that asks names two methods, or two targets",
});

const methodFields = ["x-forwarded-method", "x-original-method"];

const urlFields = ["x-forwarded-uri", "x-original-uri"];

function valuesOfAll(rawHeaders: readonly string[], names: readonly string[]): string[] {
  return names.flatMap((name) => valuesOf(rawHeaders, name));
}

/**
 * Returns the authority of the other request. Traefik asks with its own `Host`.
 *
 * @param isOwnHost whether the question has the `Host` of the other request, so that no other may be named
 */
function readAuthority(rawHeaders: readonly string[], isOwnHost: boolean): string | Ambiguity {
  const forwarded = valuesOf(rawHeaders, "x-forwarded-host").flatMap((value) => value.split(","));
  const hosts = [...valuesOf(rawHeaders, ":authority"), ...valuesOf(rawHeaders, "host")];
  const named = isOwnHost || forwarded.length === 0 ? [...hosts, ...forwarded] : forwarded;
  if (named.length === 0) return ambiguities.noHost;
  const all = named.map((value) => toCanonicalAuthority(value.trim())?.authority);
  const [authority] = all;
  if (authority === undefined) return ambiguities.host;
  return all.every((other) => other === authority) ? authority : ambiguities.hostsDiffer;
}

const wholeUrl = /^https?:\/\/([^/?#]*)(\/.*)$/i;

function authorityIn(url = ""): string | Ambiguity {
  return toCanonicalAuthority(wholeUrl.exec(url)?.[1] ?? "")?.authority ?? ambiguities.host;
}

/** Returns the target in a whole URL, whose authority must be that of the request. */
function withoutOrigin(url: string, authority: string): string | undefined {
  const [, named = "", rest = ""] = wholeUrl.exec(url) ?? [];
  return toCanonicalAuthority(named)?.authority === authority ? rest : undefined;
}

function withoutHosts(rawHeaders: readonly string[]): string[] {
  const others: string[] = [];
  for (let index = 0; index < rawHeaders.length; index += 2) {
    const name = (rawHeaders[index] as string).toLowerCase();
    if (name !== "host" && name !== ":authority")
      others.push(rawHeaders[index] as string, rawHeaders[index + 1] as string);
  }
  return others;
}
