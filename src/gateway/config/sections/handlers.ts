import { type ConfigPath, toPathText } from "../document.js";
import {
  createHandler,
  type HandlerConfig,
  type HandlerLink,
  handlerKinds,
  headerOf,
  type KindName,
} from "../handlers.js";
import { faultOf } from "../read-context.js";
import { mapOf, oneOf, type RawMap, type Schema } from "../schema.js";
import { schemeName } from "../shared-schemas.js";
import { warnOfUnasked } from "../warn-of-unasked.js";
import { type Section, type SectionContext, section } from "./section.js";
import { asksForCertificates } from "./tls.js";

/** The kinds of one scheme, with their settings. */
type RawHandler = RawMap<unknown>;

const kindNames = Object.keys(handlerKinds) as KindName[];

const sharing = (role: "prefix" | "rest", names: readonly KindName[]): readonly KindName[] =>
  names.filter((name) => handlerKinds[name].shares === role);

/** The schema of one scheme: one kind, or two that share it. The reader checks which two. */
const handler: Schema<RawHandler> = {
  ...oneOf(
    Object.fromEntries(kindNames.map((name) => [name, handlerKinds[name].schema])),
    "The handler of this scheme.",
  ),
  maxProperties: 2,
};

/** One handler per scheme. Each is made once here, so that a faulty user file or key set is found with its line. */
export const handlersSection: Section<readonly HandlerConfig[]> = section(
  mapOf(
    handler,
    schemeName,
    "an object with a handler for each scheme",
    "One entry per scheme. Case does not count; a second one for a scheme is an error.",
  ),
  (raw = {}, at, context) => {
    const seen = new Map<string, string>();
    const carried = new Map<string, string>();
    const read = Object.entries(raw).flatMap(([scheme, handler]) => {
      const path = [...at, scheme];
      const twin = seen.get(scheme.toLowerCase());
      if (twin !== undefined) {
        const message = `handlers.${scheme} and handlers.${twin} are the same scheme: case does not count (RFC 9110 §11.1); remove one`;
        context.reportKey(path, message);
      }
      seen.set(scheme.toLowerCase(), scheme);
      const config = readHandler(scheme, handler, path, context);
      const name = config && headerOf(config);
      const other = name && carried.get(name.toLowerCase());
      if (other)
        context.report(
          path,
          `${toPathText(path)} and handlers.${other} have the same header, ${name}; give each its own`,
        );
      if (name !== undefined) carried.set(name.toLowerCase(), scheme);
      return config !== undefined && isUsable(config, path, context) ? [Object.freeze(config)] : [];
    });
    return Object.freeze(read);
  },
);

function readHandler(
  scheme: string,
  raw: RawHandler,
  path: ConfigPath,
  context: SectionContext,
): HandlerConfig | undefined {
  const names = kindNames.filter((name) => Object.hasOwn(raw, name));
  const isAsked = context.above.listen.some(({ tls }) => tls !== undefined && asksForCertificates(tls));
  if (!isAsked && names.some((name) => handlerKinds[name].needsCertificates)) {
    const message = "no listener asks for client certificates; add tls: { cert, key, clientCa } to one of listen";
    context.reportKey(path, message);
  }
  const isProxied = (context.namesIn("trustedProxies")?.length ?? 0) > 0;
  if (!isProxied && names.some((name) => handlerKinds[name].needsProxies)) {
    context.reportKey(path, "no proxy is trusted to forward a certificate; name yours in trustedProxies");
  }
  const read = (name: KindName) => readOne(name, scheme, raw[name], path, context);
  if (names.length <= 1) return names.map(read)[0];
  const [prefixed, others] = [sharing("prefix", names), sharing("rest", names)];
  if (prefixed.length !== 1 || others.length !== names.length - 1) {
    const [few, rest] = [sharing("prefix", kindNames).join(" or "), sharing("rest", kindNames).join(" or ")];
    const message = `must have exactly one of its keys; only ${few} may stand beside ${rest}`;
    context.report(path, `${toPathText(path)} ${message}`);
    return undefined;
  }
  // The prefix tells them apart. Its kind goes first: that costs one comparison.
  const links = [...prefixed, ...others].map(read).filter((link) => link !== undefined);
  return { kind: "chain", scheme, links };
}

function readOne<Kind extends KindName>(
  name: Kind,
  scheme: string,
  raw: unknown,
  path: ConfigPath,
  context: SectionContext,
): HandlerLink<Kind> | undefined {
  const kind = handlerKinds[name];
  if (kind.anyScheme && scheme.toLowerCase() === "basic") {
    const message = `Basic is for users: a user file; give keys a scheme of their own, such as ${kind.scheme}`;
    context.reportKey(path, message);
  }
  if (!kind.anyScheme && scheme.toLowerCase() !== kind.scheme.toLowerCase()) {
    context.reportKey(path, `${name} answers for the scheme ${kind.scheme}; write handlers.${kind.scheme}`);
  }
  const config = kind.read(raw, [...path, name], context);
  const named = { kind: name, scheme: kind.anyScheme ? scheme : kind.scheme };
  return config && ({ ...named, ...config } as HandlerLink<Kind>);
}

function isUsable(config: HandlerConfig, path: ConfigPath, context: SectionContext): boolean {
  const links = config.kind === "chain" ? config.links : [config];
  const fault = faultOf(() => {
    for (const link of links) {
      const { toBeAsked } = handlerKinds[link.kind];
      warnOfUnasked(
        createHandler(link, () => {}),
        toBeAsked,
        [...path, link.kind],
        context,
      );
    }
    // What only the chain as a whole can refuse.
    if (config.kind === "chain") createHandler(config, () => {});
  });
  const at = config.kind === "chain" ? path : [...path, config.kind];
  if (fault !== undefined) context.report(at, `${toPathText(at)}: ${fault}`);
  return fault === undefined;
}
