import { createHash } from "node:crypto";

/** The answer of a page. The adapter only writes it. */
export interface PageAnswer {
  readonly status: number;
  readonly headers: readonly (readonly [name: string, value: string])[];
  readonly body: string;
}

const style =
  "body{font:1.1rem/1.5 system-ui,sans-serif;max-width:34rem;margin:12vh auto;padding:0 1rem}" +
  "code{font-size:1.6rem;letter-spacing:.1em}button{font:inherit;padding:.5rem 1.2rem;margin:1rem 1rem 0 0}";

/**
 * The headers of every page. They allow no script, no frame and nothing of another origin; the form may go to this
 * origin only; no cache keeps a page. Only this origin gets a referrer, since under `no-referrer` browsers send
 * `Origin: null` with the form.
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

/** Makes an answer that sends the browser to `location`. */
export function toRedirect(location: string, cookie: string): PageAnswer {
  return { status: 303, headers: [...headers, ["location", location], ["set-cookie", cookie]], body: "" };
}

/** Makes a page that shows a text and has no form. Title and text are fixed words of ours. */
export function toPage(status: number, title: string, text: string): PageAnswer {
  return toAnswer(status, title, `<p>${toHtml(text)}</p>`);
}

/** The content of the page that asks the person to confirm. */
export interface Question {
  /** The person's name, as the provider gives it. */
  readonly who: string;
  /** The address of the waiting client, if known. */
  readonly source: string | undefined;
  readonly code: string;
  /** The path to which the form is sent. */
  readonly action: string;
  readonly state: string;
}

/**
 * Makes the page that asks the person to confirm. It says which client is waiting, and for what: without it, an
 * attacker who gets a victim to open a link would be logged in as the victim.
 */
export function toQuestion({ who, source, code, action, state }: Question): PageAnswer {
  const place = source === undefined ? "A program" : `A program at <b>${toHtml(source)}</b>`;
  return toAnswer(
    200,
    "Log a program in?",
    `<p>${place} waits to be logged in as <b>${toHtml(who)}</b>, and to act as you.</p>
<p>If it shows a code, the code is</p><p><code>${toHtml(code)}</code></p>
<p><b>Go on only if you have started it yourself, just now.</b> If another person sent you here, or gave
you the code, that person is about to get into your account.</p>
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
