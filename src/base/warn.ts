/** Where a warning goes that no `onWarning` takes: to Node's own, by default a line on standard error. */
export function emitWarning(message: string): void {
  process.emitWarning(message, "SallyportWarning");
}
