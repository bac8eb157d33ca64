import { type EnterpriseOptions, resolveEnterpriseOptions } from "../services/enterprise-options.js";
import { resolveRules, type SessionRules, type SessionRulesOptions } from "../sessions/rules.js";
import type { EnterpriseConfig, ServicesConfig } from "./config.js";
import { parseDuration } from "./duration.js";
import { messageOf } from "./message-of.js";
import { present, type RawConfig, type RawEnterprise, type Reading, report } from "./raw-config.js";
import { readBlock } from "./read-listen.js";

/** What the gateway answers itself. */
export function readServices(
  { services = {} }: RawConfig,
  session: SessionRulesOptions,
  reading: Reading,
): ServicesConfig {
  const { deephavenEnterprise } = services;
  return Object.freeze({
    deephavenEnterprise: deephavenEnterprise && readEnterprise(deephavenEnterprise, session, reading),
  });
}

function readEnterprise(raw: RawEnterprise, session: SessionRulesOptions, reading: Reading): EnterpriseConfig {
  const at = (name: string) => ["services", "deephavenEnterprise", name];
  const toMs = (text: string | undefined) => (text === undefined ? undefined : parseDuration(text));
  const options = {
    cookieLifeMs: toMs(raw.cookieLife),
    tokenLifeMs: toMs(raw.tokenLife),
    delegateServices: Object.freeze([...present(raw.delegateServices)]),
    address: raw.address,
  } satisfies EnterpriseOptions;
  const fault = (check: EnterpriseOptions, rules: SessionRules): string | undefined => {
    try {
      resolveEnterpriseOptions({ rules }, check);
      return undefined;
    } catch (error) {
      return messageOf(error).replaceAll(/\b([a-z]+[A-Za-z]*)Ms\b/g, "$1");
    }
  };
  // Each by itself, so that it has its place; then together, with what sessions are like.
  const faults = Object.entries(options).flatMap(([name, option]) => {
    const message = fault({ [name]: option }, roomyRules);
    return message === undefined ? [] : [{ name: name.replace(/Ms$/, ""), message }];
  });
  const rules = quietRules(session);
  const together = faults.length === 0 && rules ? fault(options, rules) : undefined;
  if (together !== undefined) faults.push({ name: "cookieLife", message: together });
  for (const { name, message } of faults) report(reading, at(name), message);
  return Object.freeze({
    ...options,
    verifyTokenFrom: readVerifiers(raw.verifyTokenFrom, reading),
    reloadRoles: Object.freeze([...present(raw.reloadRoles)]),
  });
}

/** In which any cookie life has room. */
const roomyRules = resolveRules({ absoluteMs: 7 * 24 * 3_600_000 });

/** `undefined`: what is wrong with them was said at their own place. */
function quietRules(session: SessionRulesOptions): SessionRules | undefined {
  try {
    return resolveRules(session);
  } catch {
    return undefined;
  }
}

function readVerifiers(raw: RawEnterprise["verifyTokenFrom"], reading: Reading): EnterpriseConfig["verifyTokenFrom"] {
  const at = ["services", "deephavenEnterprise", "verifyTokenFrom"];
  if (typeof raw === "string") {
    if (raw !== "anyone") report(reading, at, "verifyTokenFrom must be a list of address blocks, or the word anyone");
    return "anyone";
  }
  return Object.freeze(
    (raw ?? []).flatMap((block, index) => readBlock(block, [...at, index], reading, "say anyone if you mean it")),
  );
}
