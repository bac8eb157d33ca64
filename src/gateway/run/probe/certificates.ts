import { X509Certificate } from "node:crypto";
import { readPublicFile } from "../../config/secrets.js";
import type { UpstreamConfig } from "../../forward/upstream-config.js";
import type { ListenConfig } from "../../listen/listen-config.js";
import { type Finding, fault, ok, type ProbeContext, warning } from "./finding.js";

/** Renewed certificates of ACME have this long left; what is renewed by hand then needs a look. */
const soonDays = 30;

const dayMs = 86_400_000;

/** Tells how long a certificate is good. */
export function judgeValidity(what: string, name: string, from: string, to: string, now: number): Finding {
  const [begins, ends] = [Date.parse(from), Date.parse(to)];
  const day = (instant: number): string => new Date(instant).toISOString().slice(0, 10);
  if (now < begins)
    return fault(
      what,
      `${name} is not valid before ${day(begins)}; look at this machine's clock, or put one that is valid`,
    );
  if (now >= ends) return fault(what, `${name} has expired on ${day(ends)}; renew it`);
  const days = Math.floor((ends - now) / dayMs);
  const text = `${name} is good for ${days} more days, until ${day(ends)}`;
  return days < soonDays ? warning(what, `${text}; renew it`) : ok(what, text);
}

/** Looks at the certificates in the files of the listeners, with those that lead to the root. */
export function probeListeners(listen: readonly ListenConfig[], { platform }: ProbeContext): Finding[] {
  return listen.flatMap(({ tls }, index) =>
    (["cert", "clientCa"] as const).flatMap((name) => {
      const file = tls?.[name];
      return file === undefined ? [] : judgeFile(`listen[${index}].tls.${name}`, file, platform.now());
    }),
  );
}

/** Looks at the certificates in the files of the upstreams. */
export function probeUpstreamFiles(upstreams: Iterable<UpstreamConfig>, { platform }: ProbeContext): Finding[] {
  return [...upstreams].flatMap(({ name, tls }) =>
    (["certificate", "ca"] as const).flatMap((option) => {
      const file = tls?.[option];
      return file === undefined ? [] : judgeFile(`upstreams.${name}.tls.${option}`, file, platform.now());
    }),
  );
}

function judgeFile(what: string, file: string, now: number): Finding[] {
  const found = readPublicFile(file);
  if ("fault" in found) return [fault(what, found.fault)];
  const blocks = found.text.match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g) ?? [];
  return blocks.flatMap((pem, index) => {
    const name = blocks.length === 1 ? file : `${file}, certificate ${index + 1},`;
    try {
      const { validFrom, validTo } = new X509Certificate(pem);
      return [judgeValidity(what, name, validFrom, validTo, now)];
    } catch {
      return [fault(what, `${name} is no certificate in PEM; put one there`)];
    }
  });
}
