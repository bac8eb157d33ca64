/** The longest password, in characters: longer than password managers make, short enough not to slow hashing. */
export const maxPasswordLength = 1_024;

/**
 * Returns the one spelling in which a password is hashed, by the profile OpaqueString (RFC 8265 §4.2.2): NFC, and a space
 * for each space beyond ASCII. macOS may send `é` as two characters (NFD) where a form in a browser sends one.
 */
export function preparePassword(password: string): string {
  return password.replace(/\p{Zs}/gu, " ").normalize("NFC");
}

/**
 * Returns the spellings to check against a hash: the prepared one, and the password as it came, by which hashes were made
 * before passwords were prepared, and are made by other programs. They are one for nearly every password. How many there are
 * depends on what the client sent alone, so it tells nothing about accounts.
 */
export function spellingsOf(password: string): readonly string[] {
  return [...new Set([preparePassword(password), password])];
}
