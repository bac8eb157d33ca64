/** Emits a warning of the process, by default a line on standard error: the default of every `onWarning`. */
export function emitWarning(message: string): void {
  process.emitWarning(message, "SallyportWarning");
}
