/**
 * Whether a file grants one of these rights.
 *
 * @param mode as `fs.Stats` has it
 * @param rights bits of a mode: `0o002` for writable by every user of the machine, `0o077` for anything to users other
 *   than the owner
 * @returns `false` on Windows in any case: it has no such bits, and Node reports every file as writable there.
 */
export function grants(mode: number | bigint, rights: number): boolean {
  return process.platform !== "win32" && (Number(mode) & rights) !== 0;
}
