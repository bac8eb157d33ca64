/**
 * The one spelling under which guesses at an account are counted. Coarser than any look-up that we know: what finds an
 * account under two spellings would give whoever guesses two budgets. That two accounts share one does little harm.
 *
 * Case, width and compatibility forms (NFKC), accents (as MySQL and Active Directory compare), invisible characters
 * (RFC 4518 §2.2 maps them to nothing) and the amount of white space do not count.
 */
export function toAccountName(name: string): string {
  const coarse = name
    .normalize("NFKD")
    .replace(/[\u0300-\u036f\p{Default_Ignorable_Code_Point}]/gu, "")
    // Down, up and down: then `ß`, `ẞ` and `SS` are one, and so are the two forms of a small sigma.
    .toLowerCase()
    .toUpperCase()
    .toLowerCase()
    .normalize("NFKC")
    .replace(/\s+/gu, " ")
    .trim();
  return coarse === "" ? name : coarse;
}
