/**
 * Marks the Connect handler of a procedure that authenticates by what its message holds: a log-in, a cookie. The door lets
 * it through whatever rides in its header, since dead credentials beside a log-in must not refuse it. Its service bounds
 * the message and judges it.
 */
const mark: unique symbol = Symbol("sallyport.byMessage");

/** For services: to be called before the router is served. */
export function markByMessage(handler: object): void {
  Object.defineProperty(handler, mark, { value: true });
}

/** For the door. */
export function isByMessage(handler: object): boolean {
  return (handler as { readonly [mark]?: true })[mark] === true;
}
