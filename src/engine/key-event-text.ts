import type { KeysMissing } from "../model/events.js";

/** Says what is wrong with a ring, and what to do. */
export function toMissingText({ keyIds, sessions, of, foreign }: KeysMissing): string {
  const which = `key${keyIds.length > 1 ? "s" : ""} ${keyIds.join(", ")}`;
  const what = `the key ring lacks ${which}, which signed ${sessions} of ${of} live sessions: their tokens get 401`;
  return foreign
    ? `${what}. This is the ring of another deployment or an old copy, such as by a wrong mount: put the one that signed ` +
        "back, and it is taken within seconds; or end these sessions: sallyport sessions end --before NOW"
    : `${what}. Keep a key until the longest session that it signed is over: sallyport keys rotate --keep`;
}

/** Says what the revocation of keys does. */
export function toRevokedText(keyIds: readonly number[]): string {
  return `${nameKeys(keyIds)} revoked: nothing that such a key signs counts any more, and every session that had opened by then is over`;
}

/** Says what a token of an unknown key may be. */
export function toUnknownKeyText({ keyId, tokens }: { readonly keyId: number; readonly tokens: number }): string {
  const which = tokens === 1 ? "a token names" : `${tokens} tokens named unknown keys, the last`;
  return (
    `${which} key ${keyId}, which the key ring lacks: it is of another deployment, or forged, or this is not the ring that ` +
    "signed it. If callers are logged out, put the ring that signed back"
  );
}

function nameKeys(keyIds: readonly number[]): string {
  return keyIds.length === 1 ? `key ${keyIds[0]} was` : `keys ${keyIds.join(", ")} were`;
}
