import { deepEqual } from "node:assert/strict";
import { type Read, read } from "./parser-world.js";
import { askNode, askUndici, type Reference } from "./reference-parsers.js";

/** A number from 0 up to below `n`, the same row for the same seed (mulberry32). */
export function createRandom(seed: number): (n: number) => number {
  let state = seed >>> 0;
  return (n) => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((((t ^ (t >>> 14)) >>> 0) / 2 ** 32) * n) | 0;
  };
}

const heads = [
  "HTTP/1.1 200 OK\r\n",
  "HTTP/1.1 404 \r\n",
  "HTTP/1.1 204 No Content\r\n",
  "HTTP/1.1 205 Reset\r\n",
  "HTTP/1.1 304 Not Modified\r\n",
  "HTTP/1.0 200 OK\r\n",
  "HTTP/1.1 200\r\n",
];
const fields = [
  "Content-Length: 5\r\n",
  "Content-Length: 0\r\n",
  "content-length:5\r\n",
  "Content-Length: 5 \r\n",
  "Transfer-Encoding: chunked\r\n",
  "transfer-encoding:Chunked\r\n",
  "Transfer-Encoding: gzip, chunked\r\n",
  "Connection: close\r\n",
  "Connection: keep-alive, x\r\n",
  "Connection: upgrade\r\nUpgrade: websocket\r\n",
  "Keep-Alive: timeout=5\r\n",
  "X: \t a b\t \r\n",
  "Set-Cookie: a=\xe9; Path=/\r\n",
  "Empty:\r\n",
  "Trailer: a\r\n",
];
const bodies = [
  "hello",
  "",
  "5\r\nhello\r\n0\r\n\r\n",
  "5;a=b\r\nhello\r\n0\r\n\r\n",
  '1;a="b c"\r\nh\r\n04\r\nello\r\n0\r\nA: b\r\nC:\r\n\r\n',
  "A\r\n0123456789\r\n000\r\n\r\n",
  "0\r\n\r\n",
];
const interim = [
  "HTTP/1.1 100 Continue\r\n\r\n",
  "HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n",
  "HTTP/1.1 103 Early Hints\r\nConnection: close\r\n\r\n",
];
const pieces = [
  "\r\n",
  "\n",
  "\r",
  "\t",
  " ",
  "\0",
  ":",
  ";",
  "0",
  "5",
  "f",
  "\x7f",
  "\xff",
  "-",
  "+",
  ",",
  "=",
  '"',
  "\\",
];

/** An answer that is right, or nearly, or not at all. */
export function mutate(random: (n: number) => number): { answer: string; method: string } {
  const one = (list: readonly string[]) => list[random(list.length)] as string;
  const many = (list: readonly string[], most: number) =>
    Array.from({ length: random(most + 1) }, () => one(list)).join("");
  let answer = `${many(interim, 1) + one(heads) + many(fields, 4)}\r\n${one(bodies)}`;
  if (random(2) === 0) answer += `${one(heads) + many(fields, 2)}\r\n`;
  for (let left = random(4); left > 0; left -= 1) {
    const at = random(answer.length);
    const kind = random(5);
    if (kind === 0) answer = answer.slice(0, at) + one(pieces) + answer.slice(at);
    else if (kind === 1) answer = answer.slice(0, at) + answer.slice(at + 1 + random(3));
    else if (kind === 2) answer = answer.slice(0, at) + String.fromCharCode(random(256)) + answer.slice(at + 1);
    else if (kind === 3) answer = answer.slice(0, at) + answer.slice(at, at + random(20)) + answer.slice(at);
    else answer = answer.slice(0, at) + one([...fields, ...bodies]) + answer.slice(at);
  }
  return { answer, method: random(6) === 0 ? "HEAD" : "GET" };
}

/** What the others are asked: an answer as ours has delimited it, without interim answers, which they take otherwise. */
function toAnswer(answer: string, { end, interim: before }: Read): string {
  let from = 0;
  for (const _ of before) from = answer.indexOf("\r\n\r\n", from) + 4;
  return answer.slice(from, end < 0 ? undefined : end);
}

/** The fields as Node tells them: blanks at the end are the value's to undici. */
const trimmed = (list: readonly string[]) => list.map((each) => each.replace(/[ \t]+$/, ""));

/** Statuses without content, for which the others may wait for a body: ours ends the connection there. */
const endsAtHead = (mine: Read): boolean => !mine.isKept && [204, 205, 304].includes(mine.status);

/**
 * Whatever ours takes, whole and byte by byte, the others take, and find its end at the same byte.
 *
 * @returns whether ours took it; throws when they differ
 */
export async function compare(answer: string, method: string): Promise<boolean> {
  const mine = read(answer, { method });
  const apart = read(answer, { method, pieces: 1 });
  deepEqual(apart.outcome, mine.outcome, "ours, byte by byte");
  if (mine.outcome !== "end") return false;
  deepEqual(apart, mine, "ours, byte by byte");
  if (endsAtHead(mine)) return true;
  const text = toAnswer(answer, mine);
  const isClosed = mine.end < 0;
  const { status, body } = mine;
  const expected = { outcome: "end", status, body, fields: mine.fields, trailers: trimmed(mine.trailers) };
  for (const ask of [askNode, askUndici]) {
    // RFC 9110 §8.6: the length of a 304 is that of the 200 it stands for. undici misses a body.
    if (ask === askUndici && status === 304 && mine.fields.some((each) => /^content-length$/i.test(each))) continue;
    const asked = async (bytes: string, size: number): Promise<Reference> => {
      const said = await ask(bytes, { method, isClosed, pieces: size });
      return { ...said, fields: trimmed(said.fields), trailers: trimmed(said.trailers) };
    };
    deepEqual(await asked(text, text.length), expected, ask.name);
    if (isClosed) continue;
    deepEqual(await asked(text, 1), expected, `${ask.name}, byte by byte`);
    deepEqual((await asked(text.slice(0, -1), text.length)).outcome === "end", false, `${ask.name}, a byte less`);
  }
  return true;
}

/** Compares so many answers; throws with the seed and the answer. */
export async function compareMany(seed: number, cases: number): Promise<{ readonly taken: number }> {
  const random = createRandom(seed);
  let taken = 0;
  for (let i = 0; i < cases; i += 1) {
    const { answer, method } = mutate(random);
    try {
      if (await compare(answer, method)) taken += 1;
    } catch (error) {
      throw new Error(`seed ${seed}, case ${i}, ${method} ${JSON.stringify(answer)}\n${String(error)}`, {
        cause: error,
      });
    }
  }
  return { taken };
}
