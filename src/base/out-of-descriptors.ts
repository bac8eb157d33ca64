/** `EMFILE`: this process has no file descriptor left; `ENFILE`: the machine has none. */
export type DescriptorCode = "EMFILE" | "ENFILE";

/** How an operator lets a process open more files. */
export const whereLimitsAre = "ulimit -n; LimitNOFILE of systemd; nofile of a container";

const words: Readonly<Record<DescriptorCode, string>> = {
  EMFILE: `this process has no file descriptor left (EMFILE): raise its limit of open files (${whereLimitsAre}), or let it take fewer connections`,
  ENFILE: "this machine has no file descriptor left (ENFILE): raise fs.file-max, or end what holds them",
};

/** Whether this is the code of a fault that passes: what was tried is to be tried again when descriptors are free. */
export function isDescriptorCode(code: unknown): code is DescriptorCode {
  return code === "EMFILE" || code === "ENFILE";
}

/** Says what is wrong, and what to do. */
export function toDescriptorText(code: DescriptorCode): string {
  return words[code];
}
