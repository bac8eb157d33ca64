import type { CreateFollower } from "./honest-client.js";

/** What a client must not do: it holds whatever token came last, however old. For a control. */
export const lastToArrive: CreateFollower = (first, onToken) => {
  let held = first;
  return {
    get token() {
      return held;
    },
    call() {
      let sent = held;
      return {
        get token() {
          return sent;
        },
        learn(authorization) {
          if (authorization === null) return;
          held = authorization.slice("Bearer ".length);
          onToken(held);
        },
        async again(reason) {
          if (reason !== "superseded" || sent === held) return false;
          sent = held;
          return true;
        },
      };
    },
  };
};
