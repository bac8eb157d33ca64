import { type OptionKinds, requireArgument, requireOptions } from "../../base/options.js";
import { type Platform, systemPlatform } from "../../base/platform.js";
import { sourceOf } from "../../credentials/source.js";
import type { Auth } from "../../engine/auth.js";
import { requireAuth } from "../../engine/front.js";
import type { ExternalHandler } from "../../handlers/external/external.js";
import type { PageAnswer } from "../../handlers/external/text.js";
import type { Identity } from "../../model/identity.js";
import { limitBodyTime } from "./body-deadline.js";
import { createRequestReader, type NodeRequest, type NodeResponse, type TrustProxy } from "./request.js";
import { writeDenial } from "./write-denial.js";

/** Options of `externalPages`. */
export interface ExternalPagesOptions {
  /** The trusted proxies, as for every adapter. Default: none. */
  readonly trustProxy?: TrustProxy;
  /** The clock of the timer for a form that does not arrive. Default: the machine's. */
  readonly platform?: Platform;
}

const pagesKinds: OptionKinds<ExternalPagesOptions> = { trustProxy: "any", platform: "object" };

/** The longest form. Ours has some 250 bytes. */
const maxBodyBytes = 4_096;

/**
 * Serves the pages of an `external` log-in: a request listener for `node:http` and `node:http2`, and a middleware for
 * Express. Mount it before `expressAuth`, which would ask a browser for credentials:
 *
 * ```ts
 * const login = external({ issuer, clientId, url: "https://gate.example/external" });
 * const auth = createAuth({ handlers: [login], store });
 * app.use(externalPages(auth, login));
 * app.use(expressAuth(auth));
 * ```
 *
 * It answers by the path as received: `<path of url>/login`, `/callback` and `/confirm`.
 *
 * @returns a listener that returns whether it answers the request; if not, it calls `next`, if given
 */
export function externalPages<I extends Identity>(
  auth: Pick<Auth<Identity>, "front">,
  login: ExternalHandler<I>,
  options: ExternalPagesOptions = {},
): (request: NodeRequest, response: NodeResponse, next?: () => void) => boolean {
  requireAuth("externalPages", auth);
  requireArgument("externalPages", "login (what external({ … }) returns)", login, "object");
  requireOptions("externalPages", options, pagesKinds);
  const { trustProxy, platform = systemPlatform } = options;
  const prefix = `${new URL(login.url).pathname.replace(/\/$/, "")}/`;
  const { peerOf } = createRequestReader(trustProxy, auth.front);
  const proofs = auth.front.oneTimeProofs(login.scheme);

  async function serve(request: NodeRequest, response: NodeResponse, path: string, query: string): Promise<void> {
    // Read before anything is awaited: an HTTP/2 stream that has ended loses its connection.
    const source = sourceOf(peerOf(request), request.rawHeaders);
    const { method = "", headers } = request;
    const body = method === "POST" ? await readForm(request, response, platform) : "";
    const site = headers["sec-fetch-site"];
    if (body === undefined) return write(request, response, tooLong);
    const answer = await login.page(
      {
        ...{ method, path, query, body },
        ...{ cookie: headers.cookie, origin: headers.origin },
        fetchSite: typeof site === "string" ? site : undefined,
        source,
      },
      proofs,
    );
    write(request, response, answer ?? notAllowed);
  }

  return function externalPagesListener(request, response, next) {
    const url = (request as NodeRequest & { readonly originalUrl?: string }).originalUrl ?? request.url ?? "";
    const end = url.includes("?") ? url.indexOf("?") : url.length;
    const page = url.slice(prefix.length - 1, end);
    if (!url.startsWith(prefix) || !externalPageNames.includes(page)) {
      next?.();
      return false;
    }
    serve(request, response, page, url.slice(end)).catch(() => {
      if (response.headersSent) response.destroy();
      else writeDenial(request, response, auth.front.unavailable(request), platform);
    });
    return true;
  };
}

/** The names of the pages, below the path of `url`. */
export const externalPageNames: readonly string[] = ["/login", "/callback", "/confirm"];

const plain: PageAnswer["headers"] = [["cache-control", "no-store"]];

const notAllowed: PageAnswer = { status: 405, headers: plain, body: "" };

const tooLong: PageAnswer = { status: 413, headers: plain, body: "" };

/**
 * Reads a form.
 *
 * @returns `undefined` when it is longer than `maxBodyBytes`
 */
async function readForm(request: NodeRequest, response: NodeResponse, platform: Platform): Promise<string | undefined> {
  limitBodyTime(request, response, platform);
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of request as AsyncIterable<Uint8Array>) {
    bytes += chunk.length;
    if (bytes > maxBodyBytes) return undefined;
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString("utf8");
}

function write(request: NodeRequest, response: NodeResponse, { status, headers, body }: PageAnswer): void {
  response.statusCode = status;
  for (const [name, value] of headers) response.setHeader(name, value);
  // An unread rest of the body is not read to its end.
  if (!("stream" in request)) {
    if (!request.complete) response.setHeader("connection", "close");
    response.once("finish", () => request.complete || request.destroy());
  }
  response.end(body);
}
