import { type EnterpriseOptions, resolveEnterpriseOptions } from "../../services/enterprise/options.js";
import { resolveRules, type SessionRules, type SessionRulesOptions } from "../../sessions/rules.js";
import type { CoreConfig, EnterpriseConfig, FlightConfig, ServicesConfig } from "../own/own-config.js";
import { type ConfigPath, toPathText } from "./document.js";
import { parseDuration } from "./duration.js";
import {
  messageOf,
  present,
  type RawConfig,
  type RawCore,
  type RawEnterprise,
  type RawFlight,
  type RawSession,
  type Reading,
  report,
} from "./raw-config.js";
import { readBlock } from "./read-listen.js";
import { readRules } from "./read-state.js";

/** What the gateway answers itself. */
export function readServices(
  { services = {} }: RawConfig,
  session: SessionRulesOptions,
  reading: Reading,
): ServicesConfig {
  const { flight, deephavenCore, deephavenEnterprise } = services;
  return Object.freeze({
    flight: flight && readFlight(flight, reading),
    deephavenCore: deephavenCore && readCore(deephavenCore, reading),
    deephavenEnterprise: deephavenEnterprise && readEnterprise(deephavenEnterprise, session, reading),
  });
}

function readFlight({ session, keepOpen = false, cookie }: RawFlight, reading: Reading): FlightConfig {
  const path = ["services", "flight", "session"];
  return Object.freeze({ session: session && readWireRules(session, path, reading), keepOpen, cookie });
}

function readCore({ session, authHandlers, ...constants }: RawCore, reading: Reading): CoreConfig {
  const path = ["services", "deephavenCore", "session"];
  return Object.freeze({
    session: session && readWireRules(session, path, reading),
    authHandlers: authHandlers && Object.freeze(present(authHandlers)),
    authenticationConstants: toConstants(constants.authenticationConstants),
    configurationConstants: toConstants(constants.configurationConstants),
  });
}

function readWireRules(session: RawSession, path: ConfigPath, reading: Reading): SessionRulesOptions {
  return readRules({ policy: "overlapping", ...session }, path, reading);
}

function toConstants(raw: RawCore["configurationConstants"]): Readonly<Record<string, string>> | undefined {
  const entries = Object.entries(raw ?? {}).filter((entry): entry is [string, string] => entry[1] !== undefined);
  return raw && Object.freeze(Object.fromEntries(entries));
}

/** Names that stand for schemes of `handlers`. */
export function readAliases({ aliases = {}, handlers = {} }: RawConfig, reading: Reading): Record<string, string> {
  const schemes = new Set(Object.keys(handlers).map((scheme) => scheme.toLowerCase()));
  const read: Record<string, string> = Object.create(null);
  for (const [name, scheme] of Object.entries(aliases)) {
    const path = ["aliases", name];
    if (scheme === undefined) continue;
    if (!schemes.has(scheme.toLowerCase())) {
      report(reading, path, `${toPathText(path)} stands for ${scheme}, for which handlers has no entry`);
    } else if (schemes.has(name.toLowerCase())) {
      const message = `${toPathText(path)} would never be used: handlers.${name} answers; remove one`;
      reading.report(reading.document.faultAtKey(path, message));
    } else read[name] = scheme;
  }
  return Object.freeze(read);
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
      resolveEnterpriseOptions(rules, check);
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
