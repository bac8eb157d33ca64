export const keyTypes = ["ec", "ed25519"] as const;

export const keyFormats = ["deephaven", "pem", "openssh"] as const;

/** The key pair to make, and its user. */
export interface KeyWish {
  readonly user: string;
  /** The user to operate as, in Deephaven's format only. */
  readonly operateAs: string;
  readonly type: (typeof keyTypes)[number];
  readonly format: (typeof keyFormats)[number];
}
