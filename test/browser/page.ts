// What runs in the browser: the built client, unbundled, under the import map of page-server.ts.
import {
  AuthClient,
  AuthenticationFailedError,
  type Bearer,
  createAuthFetch,
  createBearer,
  type PrivateKeySource,
  parseToken,
} from "sallyport/client";

/** What a test may ask a tab to do. */
export interface Tab {
  /** Who that is, or `"wrong"`. */
  logIn(baseUrl: string, user: string, password: string, bind?: boolean): Promise<string | undefined>;
  /** Makes a key pair whose private half no script can read; its public half, SPKI in base64. */
  makeKey(): Promise<string>;
  /** By that key. Who that is, or `"wrong"`. */
  logInByKey(baseUrl: string, user: string): Promise<string | undefined>;
  /** By Connect-Web. */
  whoAmI(): Promise<{ readonly subject?: string | undefined; readonly session?: string | undefined }>;
  /** By `fetch`, all at once; the status of each. */
  fetchMany(path: string, count: number): Promise<number[]>;
  generation(): number | undefined;
  logOut(): Promise<void>;
  /** Without the client. */
  plainFetch(url: string): Promise<Readonly<Record<"status" | "challenge" | "reason", string | number | null>>>;
  /** Makes the session that of all tabs. */
  keep(): void;
  /** Takes part in it. */
  share(baseUrl: string): void;
  /** The status, or why it was refused. */
  fetchShared(path: string): Promise<number | string>;
  sharedGeneration(): number | undefined;
}

/** As much of a browser as the page uses: the typings of the DOM would reach every file. */
interface Browser {
  readonly localStorage: { getItem(key: string): string | null; setItem(key: string, value: string): void };
  addEventListener(type: "storage", listener: (event: { key: string | null; newValue: string | null }) => void): void;
}
const { localStorage } = globalThis as unknown as Browser;

let client: AuthClient;
let keyPair: Extract<PrivateKeySource, { readonly publicKey: unknown }>;
let bearer: Bearer;
let sharedFetch: typeof fetch;

const generationOf = (token: string | undefined) => parseToken(token ?? "")?.generation;

async function subjectOf(logIn: ReturnType<AuthClient["password"]>): Promise<string | undefined> {
  try {
    return (await logIn)?.identity?.subject;
  } catch (error) {
    if (error instanceof AuthenticationFailedError) return "wrong";
    throw error;
  }
}

const tab: Tab = {
  logIn(baseUrl, user, password, bind) {
    client = new AuthClient({ baseUrl, bind });
    return subjectOf(client.password(user, password));
  },
  async makeKey() {
    const algorithm = { name: "ECDSA", namedCurve: "P-256" };
    keyPair = await crypto.subtle.generateKey(algorithm, false, ["sign", "verify"]);
    const spki = new Uint8Array(await crypto.subtle.exportKey("spki", keyPair.publicKey));
    return btoa(String.fromCharCode(...spki));
  },
  logInByKey(baseUrl, user) {
    client = new AuthClient({ baseUrl });
    return subjectOf(client.privateKey(keyPair, { user }));
  },
  async whoAmI() {
    const { caller, session } = await client.whoAmI();
    return { subject: caller?.identity?.subject, session: session?.ref };
  },
  fetchMany: (path, count) => Promise.all(Array.from({ length: count }, async () => (await client.fetch(path)).status)),
  generation: () => generationOf(client.token),
  logOut: () => client.close(),
  async plainFetch(url) {
    const { status, headers } = await fetch(url);
    return { status, challenge: headers.get("www-authenticate"), reason: headers.get("sallyport-reason") };
  },
  keep: () => localStorage.setItem("token", client.token ?? ""),
  share(baseUrl) {
    bearer = createBearer({
      token: localStorage.getItem("token") ?? undefined,
      onToken: (token) => localStorage.setItem("token", token),
    });
    // A browser tells all tabs but the one that wrote.
    (globalThis as unknown as Browser).addEventListener("storage", ({ key, newValue }) => {
      if (key === "token" && newValue !== null) bearer.call().learn(`Bearer ${newValue}`);
    });
    sharedFetch = createAuthFetch({ baseUrl, bearer });
  },
  async fetchShared(path) {
    const { status, headers } = await sharedFetch(path);
    return headers.get("sallyport-reason") ?? status;
  },
  sharedGeneration: () => generationOf(bearer.token),
};

Object.assign(globalThis, { tab });
