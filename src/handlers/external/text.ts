import { createHash } from "node:crypto";

/** What a page answers with: the adapter only writes it. */
export interface PageAnswer {
  readonly status: number;
  readonly headers: readonly (readonly [name: string, value: string])[];
  readonly body: string;
}

const style =
  "body{font:1.1rem/1.5 system-ui,sans-serif;max-width:34rem;margin:12vh auto;padding:0 1rem}" +
  "code{font-size:1.6rem;letter-spacing:.1em}button{font:inherit;padding:.5rem 1.2rem;margin:1rem 1rem 0 0}";

/**
 * No script, no frame, nothing from elsewhere. The form may go to ourselves alone; no cache keeps a page; and our own
 * pages see where a form came from, others nothing: under `no-referrer` browsers say `Origin: null`.
 */
const headers: readonly (readonly [string, string])[] = [
  [
    "content-security-policy",
    `default-src 'none'; style-src 'sha256-${createHash("sha256").update(style).digest("base64")}'; form-action 'self'; ` +
      "frame-ancestors 'none'; base-uri 'none'",
  ],
  ["cross-origin-opener-policy", "same-origin"],
  ["cross-origin-resource-policy", "same-origin"],
  ["x-frame-options", "DENY"],
  ["x-content-type-options", "nosniff"],
  ["referrer-policy", "same-origin"],
  ["cache-control", "no-store"],
];

/** A browser goes on at `location`. */
export function toRedirect(location: string, cookie: string): PageAnswer {
  return { status: 303, headers: [...headers, ["location", location], ["set-cookie", cookie]], body: "" };
}

/** A page that says something and asks nothing. Its words are ours alone. */
export function toPage(status: number, title: string, text: string): PageAnswer {
  return toAnswer(status, title, `<p>${toHtml(text)}</p>`);
}

/** What the person is asked. */
export interface Question {
  /** Who they are, as the provider names them. */
  readonly who: string;
  /** Where the program is that waits, if that is known. */
  readonly source: string | undefined;
  readonly code: string;
  /** Where the answer goes. */
  readonly action: string;
  readonly state: string;
}

/** The only thing between a link in a mail and a stranger who is logged in: it says who is waiting, and for what. */
export function toQuestion({ who, source, code, action, state }: Question): PageAnswer {
  const place = source === undefined ? "A program" : `A program at <b>${toHtml(source)}</b>`;
  return toAnswer(
    200,
    "Log a program in?",
    `<p>${place} waits to be logged in as <b>${toHtml(who)}</b>, and to act as you.</p>
<p>If it shows a code, the code is</p><p><code>${toHtml(code)}</code></p>
<p><b>Go on only if you have started it yourself, just now.</b> If somebody sent you here, or you were given the code by
anyone but your own program, they are about to get into your account.</p>
<form method="post" action="${toHtml(action)}"><input type="hidden" name="state" value="${toHtml(state)}">
<button name="answer" value="no">I did not start it</button><button name="answer" value="yes">Log it in</button></form>`,
  );
}

function toAnswer(status: number, title: string, content: string): PageAnswer {
  const body = `<!doctype html><html lang="en"><head><meta charset="utf-8">
<meta name="viewport" content="width=device-width"><title>${toHtml(title)}</title><style>${style}</style></head>
<body><h1>${toHtml(title)}</h1>${content}</body></html>
`;
  return { status, headers: [...headers, ["content-type", "text/html; charset=utf-8"]], body };
}

const entities: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&#39;",
};

function toHtml(text: string): string {
  return text.replace(/[&<>"']/g, (character) => entities[character] ?? "");
}
