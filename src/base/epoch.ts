let last = 0;

/**
 * Returns a number that no earlier call in this process has returned. What was learned under one number need not hold
 * under another; two numbers are compared for equality only. Unique in the process: a counter of each file would begin
 * again at 1 when a reload opens the file anew, and hide the edit in between.
 */
export function nextEpoch(): number {
  last += 1;
  return last;
}
