import type { Random } from "./random.js";

/** Characters that parsers often handle wrongly, and ordinary ones. */
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

/** Adds one to three small faults to a text, as a lossy channel or an attacker would. The result may be unchanged. */
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
    case 0: // one character removed
      return before + after.slice(1);
    case 1: // one character added
      return before + character(random) + after;
    case 2: // one character replaced
      return before + character(random) + after.slice(1);
    case 3: // the rest removed
      return before;
    case 4: // the case of one character changed
      return before + swapCase(after.charAt(0)) + after.slice(1);
    case 5: // one bit flipped
      return before + flipBit(random, after) + after.slice(1);
    case 6: // a part repeated
      return before + after.slice(0, 1 + random.int(8)) + after;
    case 7: // two adjacent characters exchanged
      return before + after.charAt(1) + after.charAt(0) + after.slice(2);
    default: // one character added at an end
      return random.int(2) ? text + random.pick(spice) : random.pick(spice) + text;
  }
}

/** Makes text of any form: short or long, ASCII or not, base64 of random bytes, or one character repeated. */
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
