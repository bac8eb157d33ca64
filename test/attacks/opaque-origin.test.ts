import assert from "node:assert/strict";
import { test } from "node:test";
import { createAuthFetch } from "../../src/client/bearer/auth-fetch.js";
import { createBearer } from "../../src/client/bearer/bearer.js";
import { makeToken } from "../client/make-token.js";

const token = makeToken(1, 1);

/** Which of these URLs are sent the token. */
async function toldTo(baseUrl: string, urls: readonly string[]): Promise<string[]> {
  const told: string[] = [];
  const send = async (input: string | URL | Request, init?: RequestInit) => {
    if (new Headers(init?.headers).has("authorization")) told.push(String(input));
    return new Response("");
  };
  const authFetch = createAuthFetch({ baseUrl, bearer: createBearer({ token }), fetch: send });
  for (const url of urls) await authFetch(url);
  return told;
}

test("a base URL whose origin is opaque shares it with no other URL", async () => {
  const urls = ["/x", "app://evil/x", "//evil/x", "evil://host/x", "data:,x"];
  assert.deepEqual(await toldTo("app://host/", urls), ["app://host/x"]);
});

test("no spelling of another host is sent the token", async () => {
  const urls = ["/x", "//evil/x", "\\\\evil\\x", "/\\evil/x", "https:\\\\evil", "\t//evil", "https://EVIL/"];
  const more = [
    "https://api.example@evil/",
    "http://api.example/",
    "https://api.example.:443/",
    "https://api.example:444/",
  ];
  assert.deepEqual(await toldTo("https://api.example", [...urls, ...more]), ["https://api.example/x"]);
});
