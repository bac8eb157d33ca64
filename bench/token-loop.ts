// A process that checks tokens in a loop, without a server: `token-loop.js <name> <directory>`.
import { randomBytes } from "node:crypto";
import { join } from "node:path";
import { jwtVerify, SignJWT } from "jose";
import { createEngine } from "./engine.js";
import { serveAsks } from "./messages.js";
import type { LoopName } from "./rows.js";

/** Calls under way at once, as on a server: `jose` waits for threads, and one call at a time would pay each wait. */
const atOnce = 16;

const [, , name, directory] = process.argv as (string | undefined)[] as [string, string, LoopName, string];

if (name === "jose") await loopJose();
else await loopTokens(name !== "token-cold");

async function loopTokens(remembers: boolean): Promise<void> {
  const { auth, authorizations, counts } = await createEngine(join(directory, `${name}.db`), remembers);
  const headers = authorizations.map((value) => Buffer.from(value));
  const peer = { address: "127.0.0.1", trusted: false };
  let index = 0;
  serveAsks({ authorizations: [] }, counts, async (calls) => {
    for (let call = 0; call < calls; call++) {
      const rawHeaders = ["Host", "localhost", "Authorization", fresh(headers[index++ % headers.length])];
      const decision = auth.authenticate({ method: "GET", path: "/me", rawHeaders, peer });
      const settled = decision instanceof Promise ? await decision : decision;
      if (settled.kind !== "allowed" || settled.caller.identity.subject !== "ada") throw new Error(settled.kind);
    }
  });
}

/** HS256 with an imported key, the fastest that `jose` does here; issuer, audience and expiry checked as usual. */
async function loopJose(): Promise<void> {
  const key = await crypto.subtle.importKey("raw", randomBytes(32), { name: "HMAC", hash: "SHA-256" }, false, [
    "sign",
    "verify",
  ]);
  const claims = { issuer: "https://idp.example", audience: "api" };
  const jwt = await new SignJWT({ roles: ["user"] })
    .setProtectedHeader({ alg: "HS256" })
    .setSubject("ada")
    .setIssuer(claims.issuer)
    .setAudience(claims.audience)
    .setExpirationTime("1d")
    .sign(key);
  const header = Buffer.from(`Bearer ${jwt}`);
  const check = async (): Promise<void> => {
    const { payload } = await jwtVerify(fresh(header).slice("Bearer ".length), key, {
      ...claims,
      algorithms: ["HS256"],
    });
    if (payload.sub !== "ada") throw new Error("the JWT was misread");
  };
  serveAsks({ authorizations: [] }, { reads: 0, writes: 0, checks: 0 }, async (calls) => {
    for (let call = 0; call < calls; call += atOnce) await Promise.all(Array.from({ length: atOnce }, check));
  });
}

/** A new string for every call, as an HTTP parser makes one: its hash is not known yet. */
function fresh(header: Buffer | undefined): string {
  return header?.toString("latin1") ?? "";
}
