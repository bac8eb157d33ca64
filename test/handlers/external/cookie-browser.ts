import assert from "node:assert/strict";

/** What a browser does with redirects, cookies and forms, as far as a log-in needs it. */
export interface CookieBrowser {
  /** Opens an address, and follows where it is sent. */
  open(url: string): Promise<Page>;
  /** Sends the only form of a page. */
  submit(page: Page, fields: Readonly<Record<string, string>>, headers?: Record<string, string>): Promise<Page>;
  /** The cookies that would go to this address. */
  cookies(url: string): string;
  /** `name=value`, as if the server had set it. */
  setCookie(url: string, pair: string): void;
}

export interface Page {
  readonly url: string;
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  /** Every address on the way, the last one included. */
  readonly visited: readonly string[];
}

/** @param always goes with every request, such as what a proxy in front adds. */
export function createCookieBrowser(always: Readonly<Record<string, string>> = {}): CookieBrowser {
  /** By host: cookies know no ports (RFC 6265 §8.5). */
  const jars = new Map<string, Map<string, string>>();
  const jarOf = (url: string): Map<string, string> => {
    const { hostname } = new URL(url);
    const jar = jars.get(hostname) ?? new Map<string, string>();
    jars.set(hostname, jar);
    return jar;
  };
  const cookies = (url: string): string => [...jarOf(url)].map(([name, value]) => `${name}=${value}`).join("; ");

  function setCookie(url: string, text: string): void {
    const [pair = "", ...attributes] = text.split(/; */);
    const name = pair.slice(0, pair.indexOf("="));
    const isOver = attributes.some((each) => /^(max-age=0|expires=Thu, 01 Jan 1970)/i.test(each));
    if (isOver) jarOf(url).delete(name);
    else jarOf(url).set(name, pair.slice(pair.indexOf("=") + 1));
  }

  async function go(url: string, init: RequestInit, visited: readonly string[]): Promise<Page> {
    assert.ok(visited.length < 20, `redirects without end: ${visited.join(" ")}`);
    const headers = new Headers({ ...always, ...(init.headers as Record<string, string>) });
    if (cookies(url) !== "") headers.set("cookie", cookies(url));
    const response = await fetch(url, { ...init, headers, redirect: "manual" });
    for (const line of response.headers.getSetCookie()) setCookie(url, line);
    const text = await response.text();
    const location = response.headers.get("location");
    const seen = [...visited, url];
    if (response.status >= 300 && response.status < 400 && location !== null) {
      return go(new URL(location, url).href, {}, seen);
    }
    return { url, status: response.status, headers: response.headers, text, visited: seen };
  }

  return {
    cookies,
    setCookie,
    open: (url) => go(url, {}, []),
    submit(page, fields, headers = {}) {
      const action = /<form method="post" action="([^"]+)"/.exec(page.text)?.[1];
      assert.ok(action, `no form on ${page.url}: ${page.text}`);
      const hidden = Array.from(page.text.matchAll(/<input type="hidden" name="(\w+)" value="([^"]*)"/g), (found) => [
        found[1] ?? "",
        found[2] ?? "",
      ]);
      const body = new URLSearchParams({ ...Object.fromEntries(hidden), ...fields });
      const origin = new URL(page.url).origin;
      return go(
        new URL(action, page.url).href,
        { method: "POST", body, headers: { origin, "sec-fetch-site": "same-origin", ...headers } },
        [],
      );
    },
  };
}
