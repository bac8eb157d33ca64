// A process that checks proofs of a client-held key in a loop, without a server: `proof-loop.js <name> <directory>`.
import { join } from "node:path";
import { generateKeyPair, generateProof } from "dpop";
import { jwtVerify } from "jose";
import { basicAuthorization, createEngine } from "./engine.js";
import { serveAsks } from "./messages.js";
import type { ProofLoopName } from "./rows.js";

const [, , name, directory] = process.argv as (string | undefined)[] as [string, string, ProofLoopName, string];

/** As in the loop of tokens: `jose` waits for threads. */
const atOnce = 16;

const keyPair = await generateKeyPair("ES256");
const url = "https://localhost/me";

if (name === "jose-proof") await loopJose();
else await loopBound();

/** A remembered token of a session that is bound to a key: each call with a proof of its own, signed beforehand. */
async function loopBound(): Promise<void> {
  const { auth, counts } = await createEngine(join(directory, `${name}.db`), true);
  const peer = { address: "127.0.0.1", trusted: false };
  const payload = basicAuthorization.slice("Basic ".length);
  let nonce: string | undefined;

  async function logIn() {
    const dpop = await generateProof(keyPair, url, "GET", nonce);
    const rawHeaders = ["Host", "localhost", "DPoP", dpop];
    const outcome = await auth.logIn(
      { scheme: "Basic", payload },
      { peer, target: { method: "GET", path: "/me" }, rawHeaders },
    );
    if (outcome.kind === "challenged") throw new Error("the log-in was answered with a challenge");
    nonce = new Map(outcome.headers).get("dpop-nonce") ?? nonce;
    return outcome;
  }

  await logIn();
  const opened = await logIn();
  if (opened.kind !== "opened") throw new Error(`the log-in was answered ${opened.kind}`);
  const { token } = opened;

  async function prove(): Promise<readonly string[]> {
    const proof = await generateProof(keyPair, url, "GET", nonce, token);
    // Through a buffer, as an HTTP parser makes a string: its hash is not known yet.
    const [authorization, dpop] = [`DPoP ${token}`, proof].map((text) => Buffer.from(text).toString("latin1"));
    return ["Host", "localhost", "Authorization", authorization ?? "", "DPoP", dpop ?? ""];
  }

  async function call(rawHeaders: readonly string[]) {
    const decision = await auth.authenticate({ method: "GET", path: "/me", rawHeaders, peer });
    if (decision.kind === "anonymous") throw new Error("anonymous");
    nonce = new Map(decision.headers).get("dpop-nonce") ?? nonce;
    return decision.kind;
  }

  let ready: (readonly string[])[] = [];
  serveAsks(
    { authorizations: [] },
    counts,
    async () => {
      for (const rawHeaders of ready)
        if ((await call(rawHeaders)) !== "allowed") throw new Error("a proof was refused");
    },
    async (calls) => {
      await call(await prove()); // while other rows had their turn, the nonce has become old
      if ((await call(await prove())) !== "allowed") throw new Error("a proof was refused");
      ready = await Promise.all(Array.from({ length: calls }, prove));
    },
  );
}

/** The signature, type and age of one proof, and no more of it, with its key imported beforehand: the least that `jose` can do. */
async function loopJose(): Promise<void> {
  const proof = await generateProof(keyPair, url, "GET");
  const options = { typ: "dpop+jwt", algorithms: ["ES256"], maxTokenAge: "1 day" };
  const check = async (): Promise<void> => {
    const { payload } = await jwtVerify(proof, keyPair.publicKey, options);
    if (payload.htm !== "GET") throw new Error("the proof was misread");
  };
  serveAsks({ authorizations: [] }, { reads: 0, writes: 0, checks: 0 }, async (calls) => {
    for (let call = 0; call < calls; call += atOnce) await Promise.all(Array.from({ length: atOnce }, check));
  });
}
