import { type Awaitable, adopt, after } from "../../base/awaitable.js";
import type { Outside } from "../../base/breaker.js";
import { AuthError } from "../../base/errors.js";
import { type OptionKinds, requireOptions } from "../../base/options.js";
import { basicChallenge } from "../../credentials/challenge.js";
import { parseUserPass } from "../../credentials/user-pass.js";
import type { Identity } from "../../model/identity.js";
import { type Handler, type HandlerContext, type RecheckContext, rejected, type Verdict } from "../handler.js";

/** Options of `basic`. */
export interface BasicOptions<I extends Identity> {
  /**
   * Checks a user name and password. Return the identity, or `null`, `undefined` or `false` to reject them (401). A
   * throw or a rejection means that it cannot be decided now (503), so that no client discards a good password because
   * a database was down, and the attempt is not counted. **Never throw for a wrong password**, as many clients of
   * directories do: passwords could be guessed without limit.
   *
   * An unknown user must take as long as a wrong password, or the time reveals which accounts exist. `userFile` does
   * that. Write `verify: (user, password) => users.check(user, password)`: a bare `users.check` loses its `this`.
   */
  verify(user: string, password: string): Awaitable<I | null | undefined | false>;
  /**
   * Returns the account of a user name, for counting failed log-ins. Default: the name; case, accents, width, invisible
   * characters and white space never count. Give your own if an account has several names (`+tag`, with and without a
   * domain): otherwise each name has its own budget of attempts.
   */
  accountName?(user: string): string;
  /**
   * Returns a number that differs when a password or an account has changed: the engine then forgets remembered
   * passwords, and asks `recheck` about live sessions.
   */
  epoch?(): number;
  /**
   * Returns the identity of an account as it is now; `null`, `undefined` or `false` when it is disabled or gone, or has
   * another password than the one by which the caller logged in, and the session ends. A throw or a rejection means
   * that it cannot be decided now. See `Handler.recheck`. Without it, a session lives to its absolute limit.
   */
  recheck?(identity: I, context: RecheckContext): Awaitable<I | null | undefined | false>;
  /**
   * Returns a mark of the password by which this identity was just let in, such as the instant of its last change:
   * `recheck` gets it as `context.via`. 1 to 64 characters of visible ASCII, and nothing secret. Default: none.
   *
   * @param identity what `verify` returned, the same object
   */
  viaOf?(identity: I, context: Pick<RecheckContext, "derive">): string | undefined;
  /** Returns the state of what is asked outside this process: see `Handler.outside`. */
  outside?(): readonly Outside[];
}

const basicKinds: OptionKinds<BasicOptions<Identity>> = {
  verify: "function",
  accountName: "function",
  epoch: "function",
  recheck: "function",
  viaOf: "function",
  outside: "function",
  "*": "any", // a user file is taken as it is
};

/**
 * Accepts user names and passwords (RFC 7617). It opens a session, so that the password need not come with every call.
 *
 * @throws {AuthError} `invalid_options` without `verify`
 */
export function basic<I extends Identity>(options: BasicOptions<I>): Handler<I> {
  if (typeof options?.verify !== "function") {
    throw new AuthError("invalid_options", "basic needs verify: (user, password) => identity, or null to reject");
  }
  requireOptions("basic", options, basicKinds);
  return Object.freeze({
    scheme: "Basic",
    opens: "session",
    remember: true,
    ...(options.epoch && { epoch: options.epoch.bind(options) }),
    ...(options.recheck && { recheck: options.recheck.bind(options) }),
    ...(options.outside && { outside: options.outside.bind(options) }),
    accountOf(payload: string | Uint8Array) {
      const user = typeof payload === "string" ? parseUserPass(payload)?.user : undefined;
      return user === undefined ? undefined : (options.accountName?.(user) ?? user);
    },
    challenge: basicChallenge,
    fromHeader(payload: string, context: HandlerContext): Awaitable<Verdict<I>> {
      const login = parseUserPass(payload);
      if (login === undefined) return rejected;
      return after(adopt(options.verify(login.user, login.password)), (answer): Verdict<I> => {
        if (answer === null || answer === undefined || answer === false) return rejected;
        const via = options.viaOf?.(answer, context.proofs);
        return via === undefined ? { kind: "accepted", identity: answer } : { kind: "accepted", identity: answer, via };
      });
    },
  } satisfies Handler<I>);
}
