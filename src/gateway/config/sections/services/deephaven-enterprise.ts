import { type EnterpriseOptions, resolveEnterpriseOptions } from "../../../../services/enterprise/options.js";
import { resolveRules, type SessionRules, type SessionRulesOptions } from "../../../../sessions/rules.js";
import type { EnterpriseConfig } from "../../../own/own-config.js";
import type { ConfigPath } from "../../document.js";
import { inMs, withoutMs } from "../../in-ms.js";
import { readBlock } from "../../read-block.js";
import { faultOf, itemsOf } from "../../read-context.js";
import { duration, list, object, type RawList, type Schema, text } from "../../schema.js";
import { roles } from "../../shared-schemas.js";
import { type Section, type SectionContext, section } from "../section.js";

const verifyTokenFrom: Schema<string | RawList<string>> = {
  type: ["string", "array"],
  minLength: 1,
  items: text("an address block, such as 10.0.7.0/24", "A CIDR block."),
  title: "a list of address blocks, such as [10.0.7.0/24], or anyone",
  description:
    "The addresses whose `verifyToken` and `verifyChallenge` are answered. Services do not authenticate on this wire, so a " +
    "client at such an address can spend a token that it has seen. Default: none.",
};

const address: Schema<string> = {
  type: "string",
  title: "an IPv4 address, such as 192.0.2.7",
  default: "127.0.0.1",
  description: "The address in tokens and nonces, by which a service finds this gateway.",
};

const schema = object(
  {
    cookieLife: duration("10m", "How long a cookie is valid without being refreshed. At least 125s."),
    tokenLife: duration("30s", "How long a one-time token is valid. From 1s to 5m."),
    verifyTokenFrom,
    delegateServices: list(
      text("the name of a service", "A name."),
      "a list of services, such as [RemoteQueryProcessor]",
      "Services whose one-time tokens may be spent for a cookie. Default: none.",
    ),
    detachedServices: list(
      text("the name of a service", "A name."),
      "a list of services, such as [RemoteQueryProcessor]",
      "Those of `delegateServices` whose session goes on when the one for which the token was issued ends. Default: none.",
    ),
    reloadRoles: roles("Roles whose `reload` reads this file again. Default: none."),
    address,
  },
  [],
  "`io.deephaven.proto.auth.grpc.AuthApi`, for clients of Deephaven Enterprise. `{}` serves it with the defaults.",
);

export const enterprisePart: Section<EnterpriseConfig | undefined> = section(schema, (raw, path, context) => {
  if (raw === undefined) return undefined;
  const { verifyTokenFrom, reloadRoles, delegateServices, detachedServices, ...same } = inMs(schema, raw);
  const services = { delegateServices: itemsOf(delegateServices), detachedServices: itemsOf(detachedServices) };
  const options: EnterpriseOptions = { ...same, ...services };
  checkOptions(options, path, context);
  return Object.freeze({
    ...options,
    verifyTokenFrom: readVerifiers(verifyTokenFrom, [...path, "verifyTokenFrom"], context),
    reloadRoles: itemsOf(reloadRoles),
  });
});

/** Checks each option by itself, so that its fault has a place; then all together with the rules of sessions. */
function checkOptions(options: EnterpriseOptions, path: ConfigPath, context: SectionContext): void {
  const check = (some: EnterpriseOptions, rules: SessionRules) => faultOf(() => resolveEnterpriseOptions(rules, some));
  let isSound = true;
  const report = (name: string, fault: string | undefined) => {
    if (fault === undefined) return;
    isSound = false;
    context.report([...path, name], withoutMs(fault));
  };
  for (const [name, option] of Object.entries(options)) report(withoutMs(name), check({ [name]: option }, roomyRules));
  const rules = quietRules(context.above.session);
  if (isSound && rules) report("cookieLife", check(options, rules));
}

/** Rules of sessions within which any cookie life is valid. */
const roomyRules = resolveRules({ absoluteMs: 7 * 24 * 3_600_000 });

/** Resolves rules of sessions. `undefined` for invalid ones, whose fault was reported at their own place. */
function quietRules(session: SessionRulesOptions): SessionRules | undefined {
  try {
    return resolveRules(session);
  } catch {
    return undefined;
  }
}

function readVerifiers(
  raw: string | RawList<string> = [],
  at: ConfigPath,
  context: SectionContext,
): EnterpriseConfig["verifyTokenFrom"] {
  if (typeof raw !== "string") {
    const blocks = raw.flatMap((block, index) =>
      readBlock(block, [...at, index], context, "say anyone if you mean it"),
    );
    return Object.freeze(blocks);
  }
  if (raw !== "anyone") context.report(at, "verifyTokenFrom must be a list of address blocks, or the word anyone");
  return "anyone";
}
