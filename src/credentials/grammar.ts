// Productions of RFC 9110 as sources of regular expressions. In each, a character can match in one way only, so that
// matching hostile text costs one pass.

/** A token (§5.6.2). */
export const token: string = "[!#$%&'*+.^_`|~0-9A-Za-z-]+";

/** An auth-param (§11.2), with a quoted-string (§5.6.4) or a token as value, and spaces around the equals sign. */
const authParam = `${token} *= *(?:${token}|"(?:[^"\\\\]|\\\\.)*")`;

/** One or more auth-params, separated by commas. Empty elements, which a sender must not make (§5.6.1), are refused. */
export const authParams: string = `${authParam}(?: *, *${authParam})*`;

/** A token68 (§11.2): a payload or challenge without parameters. */
export const token68: string = "[A-Za-z0-9._~+/-]+=*";
