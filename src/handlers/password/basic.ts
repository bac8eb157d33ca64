import { type Awaitable, adopt, after } from "../../base/awaitable.js";
import { AuthError } from "../../base/errors.js";
import { basicChallenge } from "../../credentials/challenge.js";
import { parseUserPass } from "../../credentials/user-pass.js";
import type { Identity } from "../../model/identity.js";
import { type Handler, rejected, type Verdict } from "../handler.js";

/** What `basic` takes. */
export interface BasicOptions<I extends Identity> {
  /**
   * Says who this is, or `null`, `undefined` or `false` when it is nobody. A throw or a rejection means "cannot tell
   * now" (503), so that nobody throws a good password away because a database was down.
   *
   * Let an unknown user cost what a wrong password costs, or the time tells who has an account. `userFile` does.
   * Write `verify: (user, password) => users.check(user, password)`: a bare `users.check` loses its `this`.
   */
  verify(user: string, password: string): Awaitable<I | null | undefined | false>;
  /**
   * Whose account a name is, for counting failed log-ins. Default: the name; case, accents, width, invisible characters and
   * white space never count. Give your own where an account has several names (`+tag`, with and without a domain): each
   * would have a budget of its own.
   */
  accountName?(user: string): string;
  /** A number that grows when a password or an account did: the engine then forgets what it remembered. */
  epoch?(): number;
}

/**
 * User name and password (RFC 7617). Opens a session, so that the password need not come with every call.
 *
 * @throws {AuthError} `invalid_options` without `verify`.
 */
export function basic<I extends Identity>(options: BasicOptions<I>): Handler<I> {
  if (typeof options?.verify !== "function") {
    throw new AuthError("invalid_options", "basic needs verify: (user, password) => identity, or null for nobody");
  }
  return Object.freeze({
    scheme: "Basic",
    opens: "session",
    remember: true,
    ...(options.epoch && { epoch: options.epoch.bind(options) }),
    accountOf(payload: string | Uint8Array) {
      const user = typeof payload === "string" ? parseUserPass(payload)?.user : undefined;
      return user === undefined ? undefined : (options.accountName?.(user) ?? user);
    },
    challenge: basicChallenge,
    fromHeader(payload: string): Awaitable<Verdict<I>> {
      const login = parseUserPass(payload);
      if (login === undefined) return rejected;
      return after(adopt(options.verify(login.user, login.password)), toVerdict);
    },
  } satisfies Handler<I>);
}

function toVerdict<I extends Identity>(answer: I | null | undefined | false): Verdict<I> {
  return answer === null || answer === undefined || answer === false
    ? rejected
    : { kind: "accepted", identity: answer };
}
