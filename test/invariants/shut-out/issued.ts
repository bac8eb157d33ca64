import { exportJWK, generateKeyPair, type JWK, SignJWT } from "jose";
import { anonymous } from "../../../src/handlers/anonymous.js";
import { clientCertificate } from "../../../src/handlers/certificate/client-certificate.js";
import { readCertificate } from "../../../src/handlers/certificate/read-certificate.js";
import type { CertificateRule } from "../../../src/handlers/certificate/rules.js";
import type { Handler } from "../../../src/handlers/handler.js";
import { jwt } from "../../../src/handlers/oidc/jwt.js";
import type { Identity } from "../../../src/model/identity.js";
import { robotCertificate } from "./robot-certificate.js";
import { byConfiguration, bySource, configured, type Ground, logInBy, peer, roles, type Source } from "./source.js";

/** A certificate that a trusted proxy forwards, and rules of which the first matches it. */
export function createCertificate({ platform }: Ground): Source {
  const der = Buffer.from(robotCertificate, "base64");
  const { keySha256 = "" } = readCertificate(der) ?? {};
  const rule = (list: readonly string[], more: Partial<CertificateRule> = {}): CertificateRule => ({
    ...{ san: "email", value: "robot@example.org", subject: "robot", roles: list, keys: ["0".repeat(64), keySha256] },
    ...more,
  });
  const below: CertificateRule = { field: "CN", value: "another", anyKey: true };
  let rules: readonly CertificateRule[] = [rule(roles.first), below];
  const edit = (...now: readonly CertificateRule[]) =>
    byConfiguration(() => {
      rules = now;
    });
  const { handlers, edits } = configured(
    () => clientCertificate({ rules, forwarded: "Client-Cert", platform }) as unknown as Handler<Identity>,
  );
  return {
    handlers,
    delayMs: 1_000,
    headers: { "client-cert": `:${robotCertificate}:` },
    logIn: logInBy("ClientCertificate", "", { ...peer, certificate: der }),
    edits: {
      ...edits,
      disabled: edit(rule([], { keys: ["0".repeat(64)] }), rule(roles.first)),
      deleted: edit(below),
      "role removed": edit(rule(roles["role removed"])),
      "role added": edit(rule(roles["role added"])),
      "this key removed": edit(rule(roles.first, { keys: ["0".repeat(64), "1".repeat(64)] })),
    },
  };
}

const issuer = "https://idp.example";
const { publicKey, privateKey } = await generateKeyPair("ES256");
const jwks = { keys: [{ ...((await exportJWK(publicKey)) as JWK), kid: "1", alg: "ES256" }] };

/** What is done at the issuer: the tokens that it has issued stay as they are. */
const unseen = bySource(() => {});

/** How long the token of an issuer lives: longer than any row of the table takes. */
export const tokenLifeMs = 1_800_000;

/** A token of an issuer. What becomes of the account there is in later tokens only. */
export async function createJwt({ platform }: Ground): Promise<Source> {
  const now = Math.floor(platform.now() / 1_000);
  const token = await new SignJWT({ roles: roles.first })
    .setProtectedHeader({ alg: "ES256", kid: "1" })
    .setIssuer(issuer)
    .setAudience("gate")
    .setSubject("ada")
    .setIssuedAt(now)
    .setExpirationTime(now + tokenLifeMs / 1_000)
    .sign(privateKey);
  const { handlers, edits } = configured(
    () =>
      jwt({
        ...{ issuer, audience: "gate", jwks, platform },
        toIdentity: (claims) => ({ subject: claims.sub ?? "", roles: claims.roles as string[] }),
      }) as unknown as Handler<Identity>,
  );
  return {
    handlers,
    delayMs: 1_000,
    headers: { authorization: `Bearer ${token}` },
    logIn: logInBy("Bearer", token),
    edits: {
      ...edits,
      disabled: unseen,
      deleted: unseen,
      "role removed": unseen,
      "role added": unseen,
      "password changed": unseen,
    },
  };
}

/** The one account of callers that have none. */
export function createAnonymous(_ground: Ground): Source {
  let list: readonly string[] = roles.first;
  const edit = (now: readonly string[]) =>
    byConfiguration(() => {
      list = now;
    });
  const { handlers, edits } = configured(
    () => anonymous({ identity: { subject: "guest", roles: list } }) as unknown as Handler<Identity>,
  );
  return {
    handlers,
    delayMs: 1_000,
    headers: { authorization: "Anonymous" },
    logIn: logInBy("Anonymous", ""),
    edits: {
      ...edits,
      "role removed": edit(roles["role removed"]),
      "role added": edit(roles["role added"]),
    },
  };
}
