/**
 * Returns the spelling under which guesses at an account are counted. It is coarser than any look-up that we know: a
 * look-up that finds an account under two spellings would give an attacker two budgets. Two accounts that share a
 * budget do little harm.
 *
 * Case, width and compatibility forms (NFKC), marks (accents, vowel signs: `\p{M}`), the script of a digit, the letters in
 * `plainLetters`, invisible and control characters (RFC 4518 §2.2 maps them to nothing) and the amount of white space do not
 * count. MySQL's default collation, `utf8mb4_0900_ai_ci`, ignores or equates all of these.
 *
 * @param name as presented, of any length. A name of nothing but ignored characters is returned as it is.
 */
export function toAccountName(name: string): string {
  const coarse = name
    // First: to put thousands of marks on one letter in order, ICU takes time that grows with the square of their number.
    .replace(/\p{M}/gu, "")
    .normalize("NFKD")
    .replace(/[\p{M}\p{Default_Ignorable_Code_Point}\p{Cf}]|(?!\s)\p{Cc}/gu, "")
    .replace(/(?![0-9])\p{Nd}/gu, toAsciiDigit)
    // Lower, upper and lower case: this makes `ß`, `ẞ` and `SS` equal, and the two forms of a small sigma.
    .toLowerCase()
    .toUpperCase()
    .toLowerCase()
    .replace(/[øłđħŧæœþð]/g, (letter) => plainLetters.get(letter) as string)
    .normalize("NFKD")
    .replace(/\p{M}/gu, "")
    .normalize("NFKC")
    .replace(/\s+/gu, " ")
    .trim();
  return coarse === "" ? name : coarse;
}

/** Letters that Unicode does not take apart and that collations equate with others. `ß` is `ss` by its capital form. */
const plainLetters: ReadonlyMap<string, string> = new Map([
  ["ø", "o"],
  ["ł", "l"],
  ["đ", "d"],
  ["ħ", "h"],
  ["ŧ", "t"],
  ["æ", "ae"],
  ["œ", "oe"],
  ["þ", "th"],
  ["ð", "d"],
]);

/** Decimal digits of every script stand in order, in runs of ten (Unicode, chapter 4.6). */
function toAsciiDigit(digit: string): string {
  let before = 0;
  for (let code = digit.codePointAt(0) as number; /\p{Nd}/u.test(String.fromCodePoint(code - 1)); code--) before++;
  return String(before % 10);
}
