// The package ships no types. Ours stay inside: a .d.ts in src is not copied to the build.
declare module "on-headers" {
  /** Calls `listener`, with the response as `this`, just before the header block is written. */
  export default function onHeaders<R extends object>(response: R, listener: (this: R) => void): void;
}
