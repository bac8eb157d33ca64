import { type CorsOptions, createCorsPolicy } from "../../../adapters/node/cors-policy.js";
import { type ConfigPath, toPathText } from "../document.js";
import { parseDuration } from "../duration.js";
import { headersOf } from "../handlers.js";
import { faultOf, itemsOf } from "../read-context.js";
import { duration, list, object, type RawDuration, type RawList, type Schema, text } from "../schema.js";
import { type Section, type SectionContext, section } from "./section.js";

/** The settings as the file spells them. */
export interface RawCors {
  readonly origins?: RawList<string>;
  readonly methods?: RawList<string>;
  readonly allowedHeaders?: RawList<string>;
  readonly exposedHeaders?: RawList<string>;
  readonly maxAge?: RawDuration;
}

/** Makes the schema of the settings, which the whole gateway and each route can have. */
export const corsSchema = (description: string): Schema<RawCors> =>
  object(
    {
      origins: list(
        text(
          "an origin such as https://app.example",
          "An origin, exactly as browsers send it: no path, no slash at the end, no `*`.",
        ),
        "a list of origins, such as [https://app.example]",
        "The origins whose pages may call. Cookies are not allowed: `Authorization` carries the tokens.",
      ),
      methods: list(
        text("a method in capital letters", "A method."),
        "a list of methods, such as [GET, POST]",
        "The methods that pages may use. Default: GET, HEAD, POST, PUT, PATCH, DELETE.",
      ),
      allowedHeaders: list(
        text("the name of a header", "A name."),
        "a list of names of headers",
        "Further headers that pages may send, beside `Authorization`, `DPoP` and those of Connect and gRPC-Web.",
      ),
      exposedHeaders: list(
        text("the name of a header", "A name."),
        "a list of names of headers",
        "Further headers that pages may read, beside `Authorization`, `Sallyport-Reason` and those of Connect and gRPC-Web.",
      ),
      maxAge: duration("2h", "How long a browser may remember a preflight."),
    },
    ["origins"],
    description,
  );

const schema = corsSchema(
  "Pages of other origins (CORS), for all routes and for the gateway's own services, the log-in among them. Preflights are answered before any caller is authenticated; refusals can be read by the page; what an upstream says in `Access-Control-*` is replaced. Default: none, and upstreams answer for themselves.",
);

/** The pages of other origins that may call. */
export const corsSection: Section<CorsOptions | undefined> = section(schema, readCors);

export function readCors(raw: RawCors | undefined, at: ConfigPath, context: SectionContext): CorsOptions | undefined {
  if (raw?.origins === undefined) return undefined;
  const { maxAge, ...lists } = raw;
  for (const [name, items] of Object.entries(lists)) {
    items.forEach((item, index) => {
      const path = [...at, name, index];
      const fault = item && faultOf(() => createCorsPolicy({ origins: [], [name]: [item] }));
      if (fault) context.report(path, `${toPathText(path)}: ${fault.replace(/^(?:origins|cors): /, "")}`);
    });
  }
  // A page that may send `Authorization` may send the credentials of a handler with a header of its own.
  const allowedHeaders = [...headersOf(context.above.handlers).keys(), ...itemsOf(raw.allowedHeaders)];
  return Object.freeze({
    origins: itemsOf(raw.origins),
    ...(raw.methods && { methods: itemsOf(raw.methods) }),
    ...(allowedHeaders.length > 0 && { allowedHeaders }),
    ...(raw.exposedHeaders && { exposedHeaders: itemsOf(raw.exposedHeaders) }),
    ...(maxAge !== undefined && { maxAgeMs: parseDuration(maxAge) }),
  });
}
