import { X509Certificate } from "node:crypto";
import { readFileSync } from "node:fs";
import { isIP } from "node:net";
import type { Command } from "commander";
import { AuthError } from "../base/errors.js";
import { nameOf } from "../gateway/admit/authorizer.js";
import { toDuration } from "../gateway/config/duration.js";
import type { Explanation } from "../gateway/run/explanation.js";
import { type CliIo, print } from "./io.js";
import { configOption } from "./options.js";

interface ExplainCommandOptions {
  readonly config: string;
  readonly from: string;
  readonly tls?: true;
  readonly certificate?: string;
  readonly json?: boolean;
}

export function addExplain(program: Command, io: CliIo): void {
  program
    .command("explain <file>")
    .description("say what would become of a request: which route, which handler, why denied, which headers")
    .addOption(configOption())
    .option("--from <address>", "the address that it comes from", "127.0.0.1")
    .option("--tls", "it comes over TLS, as it does where every address of the configuration has TLS")
    .option("--certificate <file>", "the client certificate, in PEM, as if TLS had verified it")
    .option("--json", "as JSON")
    .addHelpText(
      "after",
      `
FILE holds a request as HTTP/1.1 writes it, or is - for standard input. Credentials in it are really checked and never
shown; the upstream is not contacted, and no session is opened, rotated or ended.

Example:
  $ printf 'GET /admin HTTP/1.1\\nHost: example.com\\nX-Sallyport-Subject: root\\n' | sallyport explain -`,
    )
    .action(async (file: string, { config, from, tls: encrypted, certificate: pem, json }: ExplainCommandOptions) => {
      const { loadConfig } = await import("../gateway/config/parse-config.js");
      const { explainRequest } = await import("../gateway/run/explain.js");
      const { parseRawRequest } = await import("../gateway/run/raw-request.js");
      const text = file === "-" ? await readAll(io) : readFileSync(file, "utf8");
      const request = parseRawRequest(text, file === "-" ? "standard input" : file);
      const loaded = loadConfig(config, io.environment);
      const certificate = pem === undefined ? undefined : readCertificate(pem);
      if (isIP(from) === 0) throw new AuthError("invalid_options", "--from must be an IP address, such as 203.0.113.7");
      const connection = { from, encrypted, certificate };
      const explanation = await explainRequest(loaded, request, { ...connection, platform: io.platform });
      print(io, json, explanation, toText(explanation, config));
    });
}

async function readAll({ stdin }: CliIo): Promise<string> {
  let text = "";
  for await (const chunk of stdin) text += String(chunk);
  return text;
}

/** In DER, as TLS would tell it. */
function readCertificate(file: string): Uint8Array {
  try {
    return new X509Certificate(readFileSync(file)).raw;
  } catch {
    throw new AuthError("invalid_options", `${file}: this must be a certificate in PEM`);
  }
}

function toText(explanation: Explanation, file: string): string {
  const { target, route, credentials, caller, denial, ending, headers, upstreamPath, answeredBy, status } = explanation;
  const lines = [
    `target       ${target === undefined ? `none: ${denial?.detail}` : `${target.host} ${target.path}`}`,
    `route        ${route === undefined ? "none" : `${file}:${route.line} ${describeRoute(route)}`}`,
    `credentials  ${credentials}`,
  ];
  if (caller !== undefined) {
    const session = caller.session === undefined ? "" : `, session ${caller.session}`;
    const scopes = caller.scopes.length === 0 ? "" : `, scopes ${caller.scopes.join(" ")}`;
    lines.push(`caller       ${caller.subject} [${caller.roles.join(", ")}] by ${caller.scheme}${session}${scopes}`);
  }
  if (ending !== undefined) lines.push(`ends         the session: ${ending}`);
  if (denial !== undefined) lines.push(`denied       ${status} ${denial.code}, ${denial.reason}: ${denial.message}`);
  if (answeredBy !== undefined) lines.push(`answered     by the gateway itself: ${answeredBy}`);
  if (route !== undefined && headers !== undefined) {
    const { authorize } = route;
    if (authorize !== undefined) lines.push(`authorize    if ${nameOf(authorize.url)} lets it in, which was not asked`);
    lines.push(`forwarded    to ${route.upstream}, as ${upstreamPath}`);
    for (const name of headers.stripped) lines.push(`  stripped   ${name}`);
    for (const [name, value] of headers.set) lines.push(`  set        ${name}: ${value}`);
  }
  return lines.join("\n");
}

function describeRoute({
  match,
  anonymous,
  roles,
  scopes,
  schemes,
  claims,
  takesAddress,
  stepUp,
  rate,
  limits,
}: NonNullable<Explanation["route"]>): string {
  const parts = [`${match.host ?? ""}${match.path}${match.procedures === "all" ? "/*" : ""}`];
  if (match.methods.length > 0) parts.push(`for ${match.methods.join(", ")}`);
  if (anonymous) parts.push("anonymous is welcome");
  if (roles.length > 0) parts.push(`needs one of the roles ${roles.join(", ")}`);
  if (scopes.length > 0) parts.push(`needs the scopes ${scopes.join(" ")}`);
  if (schemes.length > 0) parts.push(`needs one of the schemes ${schemes.join(", ")}`);
  for (const [name, values] of claims ?? []) parts.push(`needs the claim ${name} to be ${values.join(" or ")}`);
  if (takesAddress !== undefined) parts.push("is for networks only");
  if (stepUp?.maxAgeMs !== undefined) parts.push(`needs a log-in within ${toDuration(stepUp.maxAgeMs)}`);
  if (stepUp?.acrValues !== undefined) parts.push(`needs a log-in of one of ${stepUp.acrValues.join(", ")}`);
  if (rate !== undefined) {
    const perMs = Math.round(rate.burst * rate.refillMs);
    parts.push(`lets a caller make ${rate.burst} requests at once, and as many again in ${toDuration(perMs)}`);
  }
  if (limits?.maxConcurrent !== undefined) parts.push(`lets a caller have ${limits.maxConcurrent} requests under way`);
  if (limits?.maxBodyBytes !== undefined) parts.push(`takes bodies of ${limits.maxBodyBytes} bytes`);
  return parts.join("; ");
}
