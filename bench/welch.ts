/**
 * Welch's t of two samples with unequal variances: how many standard errors their means are apart. Beyond 4.5 one can tell
 * them apart with confidence (the threshold of the TVLA test of side channels, and of dudect).
 *
 * @throws {RangeError} for fewer than two figures.
 */
export function welchT(a: readonly number[], b: readonly number[]): number {
  if (a.length < 2 || b.length < 2) throw new RangeError("t needs two figures of each");
  const difference = meanOf(a) - meanOf(b);
  const error = Math.sqrt(varianceOf(a) / a.length + varianceOf(b) / b.length);
  return error === 0 ? Math.sign(difference) * (difference === 0 ? 0 : Number.POSITIVE_INFINITY) : difference / error;
}

/**
 * The same without the slowest of both together: what the machine did meanwhile lies there, and drowns the rest (as dudect
 * crops).
 *
 * @param share how much of both is kept
 */
export function croppedT(a: readonly number[], b: readonly number[], share: number): number {
  const sorted = [...a, ...b].sort((x, y) => x - y);
  const most = sorted[Math.max(0, Math.ceil(sorted.length * share) - 1)] ?? Number.POSITIVE_INFINITY;
  return welchT(
    a.filter((value) => value <= most),
    b.filter((value) => value <= most),
  );
}

export function meanOf(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

function varianceOf(values: readonly number[]): number {
  const mean = meanOf(values);
  return values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (values.length - 1);
}
