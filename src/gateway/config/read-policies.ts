import { statSync } from "node:fs";
import { dirname } from "node:path";
import { type DpopOptions, resolveDpop } from "../../binding/dpop-options.js";
import { operateAsRules } from "../../policies/operate-as/rules.js";
import { resolveThrottle, type ThrottleOptions } from "../../policies/throttle/options.js";
import type { TicketsConfig } from "../own/own-config.js";
import type { AuditConfig, GatewayConfig, HandlerConfig, OperateAsConfig } from "./config.js";
import type { ConfigPath } from "./document.js";
import { parseDuration } from "./duration.js";
import { createUserFile } from "./handlers.js";
import { messageOf, present, type RawConfig, type RawOperateAsRule, type Reading, report } from "./raw-config.js";

type UsersConfig = OperateAsConfig["users"];

/** Who may operate as whom, and where targets are looked up. */
export function readOperateAs(
  { operateAs: raw }: RawConfig,
  handlers: readonly HandlerConfig[],
  reading: Reading,
): GatewayConfig["operateAs"] {
  if (raw === undefined) return undefined;
  const rules = present(raw.rules).map(readRule);
  rules.forEach((rule, index) => {
    try {
      operateAsRules({ identify: () => null, rules: [rule] });
    } catch (error) {
      // It says which rule of its list: here it is the only one.
      report(reading, ["operateAs", "rules", index], messageOf(error).replace("rules[0]", `rules[${index}]`));
    }
  });
  const users: UsersConfig | undefined =
    raw.users === undefined
      ? handlers.find((handler): handler is UsersConfig => handler.kind === "users" || handler.kind === "htpasswd")
      : { kind: "users", scheme: "Basic", file: reading.resolve(raw.users) };
  if (users === undefined) {
    report(reading, ["operateAs"], "operateAs.users is missing, and no handler has a user file; say where targets are");
    return undefined;
  }
  try {
    createUserFile(users, () => {});
  } catch (error) {
    if (raw.users !== undefined) report(reading, ["operateAs", "users"], `operateAs.users: ${messageOf(error)}`);
  }
  return Object.freeze({ users, rules: Object.freeze(rules) });
}

function readRule({ maxDuration, reasonRequired, nested, ...lists }: RawOperateAsRule) {
  const named = Object.entries(lists).map(([name, list]) => [name, present(list)] as const);
  const maxMs = maxDuration === undefined ? undefined : parseDuration(maxDuration);
  return Object.freeze({ ...Object.fromEntries(named), reasonRequired, nested, maxMs });
}

export function readTickets({ tickets = {} }: RawConfig): TicketsConfig {
  const services =
    tickets.services && new Map(Object.entries(tickets.services).map(([name, who]) => [name, present(who)]));
  return Object.freeze({ services, onMisuse: tickets.onMisuse ?? "alarm" });
}

/** The file is opened at the start only: `sallyport check` must not make one. */
export function readAudit({ audit }: RawConfig, reading: Reading): AuditConfig | undefined {
  const { file, onFailure, fsync = false } = audit ?? {};
  if (file === undefined || onFailure === undefined) return undefined;
  const path = reading.resolve(file);
  if (statSync(dirname(path), { throwIfNoEntry: false })?.isDirectory() !== true) {
    report(
      reading,
      ["audit", "file"],
      `there is no directory ${dirname(path)}; make it with: mkdir -m 700 ${dirname(path)}`,
    );
  }
  return Object.freeze({ file: path, fsync, onFailure });
}

const delays = ["firstDelay", "longestDelay", "forgetFailure", "sourceRefill", "totalRefill"] as const;

export function readThrottle({ throttle = {} }: RawConfig, reading: Reading): ThrottleOptions | false {
  const { off, ...given } = throttle;
  const options: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(given)) {
    const isDelay = delays.some((delay) => delay === name);
    options[isDelay ? `${name}Ms` : name] = isDelay ? parseDuration(String(value)) : value;
  }
  try {
    resolveThrottle(options);
  } catch (error) {
    const message = messageOf(error).replaceAll(/\b([a-z]+[A-Za-z]*)Ms\b/g, "$1");
    const name = /^throttle\.(\w+)/.exec(message)?.[1];
    report(reading, name === undefined ? ["throttle"] : ["throttle", name], message);
  }
  return off === true ? false : Object.freeze(options);
}

/** What sessions are bound to, and how that is proved. */
export function readBinding({ binding = {} }: RawConfig, reading: Reading): GatewayConfig["binding"] {
  const { certificate = false, nonce, sharedReplay } = binding;
  const proofLifeMs = binding.proofLife === undefined ? undefined : parseDuration(binding.proofLife);
  const baseUrls = present(binding.baseUrls);
  baseUrls.forEach((url, index) => {
    check({ baseUrls: [url] }, ["binding", "baseUrls", index], reading);
  });
  check({ proofLifeMs }, ["binding", "proofLife"], reading, "binding: proofLife must be from 30s to 10m");
  return Object.freeze({
    bindToCertificate: certificate,
    dpop: Object.freeze({ baseUrls, nonce, proofLifeMs, sharedReplay }),
  });
}

function check(options: DpopOptions, path: ConfigPath, reading: Reading, message?: string): void {
  try {
    resolveDpop(options);
  } catch (error) {
    report(reading, path, message ?? messageOf(error).replace("dpop:", "binding:"));
  }
}
