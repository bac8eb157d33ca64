import { createHash, X509Certificate } from "node:crypto";
import { AuthError } from "../../base/errors.js";
import { isSubject } from "../../model/identity.js";
import { foldSpaces, toShortName } from "../attribute-types.js";
import { isRoleName } from "../role-name.js";
import type { CertificateFields } from "./read-certificate.js";

/** A rule that maps a certificate to a subject: the name to compare, and further conditions. */
export interface CertificateRule {
  /** Compare the subject alternative names of this kind. Either this or `field`. */
  readonly san?: "dns" | "uri" | "email" | undefined;
  /**
   * Compare this field of the subject's distinguished name, by a name or the OID of its type: `CN`, `commonName` or
   * `2.5.4.3`; `O`, `OU`, `UID`, `emailAddress`, … Runs of spaces in it count as one (RFC 5280 §7.1). Either this or `san`.
   */
  readonly field?: string | undefined;
  /** The name must equal this (DNS names without regard to case). Either this or `pattern`. */
  readonly value?: string | undefined;
  /** The whole name must match this: it is anchored at both ends. */
  readonly pattern?: RegExp | undefined;
  /**
   * The subject of the identity. Default: the name. With `pattern`, `$1` and `$<group>` stand for parts of it, as in
   * `String.replace`.
   */
  readonly subject?: string | undefined;
  /** Roles of the identity. Default: none. */
  readonly roles?: readonly string[] | undefined;
  /**
   * The authorities, one or several certificates in PEM, of which one must have signed the certificate itself. Default:
   * any that TLS trusts.
   */
  readonly issuer?: string | undefined;
  /**
   * The public keys that this subject may have, as SHA-256 of the SubjectPublicKeyInfo, 64 hexadecimal digits. A renewed
   * certificate with another key is refused.
   */
  readonly keys?: readonly string[] | undefined;
  /** Instead of `keys`: accept any key that the authority certifies for this name. Default: `false`. */
  readonly anyKey?: boolean | undefined;
}

/** The subject that the rules give to a certificate. */
export interface RuledSubject {
  readonly subject: string;
  readonly roles: readonly string[];
  /** Names the rule by what it compares, and the authority that it asked for. */
  readonly via: string;
}

/** The names of a certificate as JSON carries them. */
export interface CertificateNames {
  /** Fields of the subject's distinguished name by their short name, as in `CertificateFields`. */
  readonly subject: Readonly<Record<string, readonly string[]>>;
  readonly dns: readonly string[];
  readonly uri: readonly string[];
  readonly email: readonly string[];
}

export interface CompiledRules {
  /**
   * Returns the subject of a certificate: by the first rule whose name and issuer match. `undefined` if none matches, if
   * that rule gives two subjects, or if the key is not one of its `keys`: a weaker rule below must not let in a
   * certificate that a stricter one has refused.
   */
  find(certificate: CertificateFields): RuledSubject | undefined;
  /**
   * Decides again about a certificate that rules let in earlier, by what was kept of it. A rule that asks for an authority
   * matches where that authority let the certificate in; where no rule had asked for one it cannot be told, and the result is
   * `undefined`: the certificate itself decides when it is presented next.
   *
   * @param via as `find` gave it, by these rules or by those of before
   */
  findAgain(names: CertificateNames, keySha256: string, via: string): RuledSubject | undefined;
  /**
   * The same for a certificate whose names were not kept. Returns the roles that its rule gives now; `undefined` when the rule
   * is gone, compares another name, asks for another authority, or no longer has this key.
   */
  rolesOf(via: string, keySha256: string): readonly string[] | undefined;
}

/**
 * Checks rules and compiles them.
 *
 * @throws {AuthError} `invalid_options` for contradictory or incomplete rules, or `keys` for several subjects
 */
export function compileRules(rules: readonly CertificateRule[]): CompiledRules {
  if (!Array.isArray(rules) || rules.length === 0) {
    throw new AuthError("invalid_options", `clientCertificate needs a rule, such as { san: "email", anyKey: true, … }`);
  }
  const compiled = rules.map(compileRule);
  type Rule = (typeof compiled)[number];

  /** @param issuerOf returns the authority's name; `undefined` when it is none of the rule's, `false` when it cannot be told */
  function decide(
    names: Names,
    keySha256: string,
    issuerOf: (rule: Rule) => string | undefined | false,
  ): RuledSubject | undefined {
    for (const rule of compiled) {
      const subjects = rule.subjectsOf(names);
      const issuer = subjects.size === 0 ? undefined : issuerOf(rule);
      if (issuer === undefined) continue;
      const [subject] = subjects;
      const { keys, roles, mark } = rule;
      if (issuer === false || subject === undefined || subjects.size > 1 || keys?.has(keySha256) === false)
        return undefined;
      return isSubject(subject) ? { subject, roles, via: `${mark}.${issuer}` } : undefined;
    }
    return undefined;
  }

  return {
    find: (certificate) => decide(certificate, certificate.keySha256, (rule) => rule.issuerOf(certificate)),
    findAgain({ subject, ...names }, keySha256, via) {
      const [, issuer = anyIssuer] = via.split(".");
      const fields = { ...names, subject: new Map(Object.entries(subject)) };
      return decide(fields, keySha256, (rule) => {
        if (rule.asksForIssuer) return issuer !== anyIssuer && (rule.mayBeBy(issuer) ? issuer : undefined);
        return anyIssuer;
      });
    },
    rolesOf(via, keySha256) {
      const [mark, issuer = anyIssuer] = via.split(".");
      const rule = compiled.find((one) => one.mark === mark && one.mayBeBy(issuer));
      return rule?.keys?.has(keySha256) === false ? undefined : rule?.roles;
    },
  };
}

/** In `via`, the authority of a rule without `issuer`. */
const anyIssuer = "any";

/** Names something by its hash: 96 bits, so that no two have one name. */
const markOf = (text: string | Uint8Array): string =>
  createHash("sha256").update(text).digest("base64url").slice(0, 16);

function compileRule(rule: CertificateRule, index: number) {
  const refuse = (fault: string): never => {
    throw new AuthError("invalid_options", `clientCertificate, rule ${index + 1}: ${fault}`);
  };
  const { san, field, value, pattern, subject, roles = [], issuer, keys, anyKey = false } = rule;
  if ((san === undefined) === (field === undefined)) refuse("give either san or field: which name is looked at");
  if (san !== undefined && !["dns", "uri", "email"].includes(san)) refuse('san must be "dns", "uri" or "email"');
  if ((value === undefined) === (pattern === undefined)) refuse("give either value or pattern: what the name must be");
  if (!roles.every(isRoleName)) refuse("roles are of letters, digits and any of _ . @ / -");
  if ((keys === undefined) !== anyKey) {
    refuse(
      "give either keys, the SHA-256 of the public keys that it may have, or anyKey: true where a certificate that was " +
        "renewed with another key is as good. Compute one: openssl x509 -in FILE -pubkey -noout | " +
        "openssl pkey -pubin -outform der | sha256sum",
    );
  }
  if (keys?.every((key) => /^[0-9a-f]{64}$/.test(key)) === false || keys?.length === 0) {
    refuse("keys must be a list of SHA-256, each 64 lower-case hexadecimal digits");
  }
  // With one list for many subjects, the key of one would be accepted for another.
  if (keys && pattern && (subject === undefined || subject.includes("$"))) {
    refuse("keys pin one subject: give value in place of pattern, or a subject without $");
  }
  const issuers = issuer === undefined ? undefined : readIssuers(issuer, refuse);
  const type = toShortName(field ?? "");
  const namesOf = ({ subject: fields, ...names }: Names): readonly string[] =>
    san === undefined ? (fields.get(type) ?? []).map(foldSpaces) : names[san];
  const wanted = san === undefined ? foldSpaces(value ?? "") : (value ?? "");
  const toSubject = pattern === undefined ? exactly(san, wanted, subject) : matching(pattern, subject, refuse);
  // Roles and keys are left out: a certificate whose rule has other roles, or one key more, is still let in by it.
  const name = san === "dns" ? wanted.toLowerCase() : wanted;
  const compared = pattern === undefined ? [name, subject ?? wanted] : [pattern.source, pattern.flags, subject];
  return {
    mark: markOf(JSON.stringify([san, type, pattern === undefined, ...compared])),
    subjectsOf: (certificate: Names) => new Set(namesOf(certificate).flatMap((name) => toSubject(name) ?? [])),
    /** Returns the name of the authority that signed it; `undefined` when it is none of the rule's. */
    issuerOf(certificate: CertificateFields): string | undefined {
      if (issuers === undefined) return anyIssuer;
      const signer = issuers.find((each) => certificate.isIssuedBy(each));
      return signer && markOf(signer.raw);
    },
    asksForIssuer: issuers !== undefined,
    mayBeBy: (issuer: string) => issuers?.some(({ raw }) => markOf(raw) === issuer) !== false,
    keys: keys && new Set(keys),
    roles: Object.freeze([...roles]),
  };
}

type Names = Pick<CertificateFields, "subject" | "dns" | "uri" | "email">;

type ToSubject = (name: string) => string | undefined;

function exactly(san: CertificateRule["san"], value: string, subject = value): ToSubject {
  const wanted = san === "dns" ? value.toLowerCase() : value;
  return (name) => (name === wanted ? subject : undefined);
}

/** Anchors the pattern at both ends: otherwise it would match `spiffe://ours` in the middle of an attacker's name. */
function matching(pattern: RegExp, subject: string | undefined, refuse: (fault: string) => never): ToSubject {
  if (!(pattern instanceof RegExp)) refuse("pattern must be a regular expression; for a text, use value");
  const whole = new RegExp(`^(?:${pattern.source})$`, pattern.flags.replace(/[gymd]/g, ""));
  return (name) => {
    if (!whole.test(name)) return undefined;
    return subject === undefined ? name : name.replace(whole, subject);
  };
}

function readIssuers(pem: string, refuse: (fault: string) => never): readonly X509Certificate[] {
  const blocks = pem.match(/-----BEGIN CERTIFICATE-----[\s\S]*?-----END CERTIFICATE-----/g) ?? [];
  if (blocks.length === 0) refuse("issuer must be PEM with the certificate of an authority");
  return blocks.map((block) => {
    try {
      return new X509Certificate(block);
    } catch {
      return refuse("issuer holds a certificate that cannot be read");
    }
  });
}
