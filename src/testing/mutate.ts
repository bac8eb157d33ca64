import type { Random } from "./random.js";

/** Characters that parsers trip over, beside ordinary ones. */
const spice = [
  "\0",
  "\t",
  "\n",
  "\r",
  " ",
  '"',
  "\\",
  ",",
  ":",
  ";",
  "=",
  "/",
  "+",
  "-",
  "_",
  ".",
  "%",
  "\x7f",
  "\x80",
  "é",
  "\u{1f511}",
  "\ufeff",
];

const plain = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";

/** The text with one to three small faults: what a lossy channel or an attacker makes of it. It may come out unchanged. */
export function mutate(random: Random, text: string): string {
  let result = text;
  for (let faults = 1 + random.int(3); faults > 0; faults--) result = fault(random, result);
  return result;
}

function fault(random: Random, text: string): string {
  const at = random.int(text.length + 1);
  const before = text.slice(0, at);
  const after = text.slice(at);
  switch (random.int(9)) {
    case 0: // one character lost
      return before + after.slice(1);
    case 1: // one more
      return before + character(random) + after;
    case 2: // another
      return before + character(random) + after.slice(1);
    case 3: // cut off
      return before;
    case 4: // the case of one
      return before + swapCase(after.charAt(0)) + after.slice(1);
    case 5: // one bit
      return before + flipBit(random, after) + after.slice(1);
    case 6: // a piece twice
      return before + after.slice(0, 1 + random.int(8)) + after;
    case 7: // two neighbours exchanged
      return before + after.charAt(1) + after.charAt(0) + after.slice(2);
    default: // something at an end
      return random.int(2) ? text + random.pick(spice) : random.pick(spice) + text;
  }
}

/** Text of no particular form: short or long, ASCII or not, base64 of random bytes, or one character many times. */
export function noise(random: Random): string {
  const length = random.pick([0, 1, 2, 3, 8, 40, 200, 8_000]);
  switch (random.int(5)) {
    case 0:
      return Buffer.from(random.bytes(length)).toString("latin1");
    case 1:
      return Buffer.from(random.bytes(length)).toString("base64");
    case 2:
      return Array.from({ length: Math.min(length, 300) }, () => character(random)).join("");
    case 3:
      return Array.from({ length: 3 }, () => Buffer.from(random.bytes(length % 60)).toString("base64url")).join(".");
    default:
      return character(random).repeat(length);
  }
}

function character(random: Random): string {
  return random.int(3) === 0 ? random.pick(spice) : plain.charAt(random.int(plain.length));
}

function swapCase(letter: string): string {
  return letter === letter.toLowerCase() ? letter.toUpperCase() : letter.toLowerCase();
}

function flipBit(random: Random, text: string): string {
  return text === "" ? "" : String.fromCharCode(text.charCodeAt(0) ^ (1 << random.int(8)));
}
