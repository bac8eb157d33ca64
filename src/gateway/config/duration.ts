const unitsMs: ReadonlyMap<string, number> = new Map([
  ["ms", 1],
  ["s", 1_000],
  ["m", 60_000],
  ["h", 3_600_000],
  ["d", 86_400_000],
]);

/** What a duration looks like in a configuration: a bare number would leave the reader to guess its unit. */
export const durationPattern = "^(0|[1-9][0-9]{0,9})(ms|s|m|h|d)$";

/** `"5m"` → 300,000 milliseconds. `undefined` for anything else, a bare number too. */
export function parseDuration(text: string): number | undefined {
  const [, digits, unit] = new RegExp(durationPattern).exec(text) ?? [];
  const unitMs = unitsMs.get(unit ?? "");
  return unitMs === undefined ? undefined : Number(digits) * unitMs;
}

/** 300,000 → `"5m"`: the largest unit that leaves a whole number. */
export function toDuration(ms: number): string {
  const fitting = [...unitsMs].reverse().find(([, unitMs]) => ms >= unitMs && ms % unitMs === 0);
  return fitting === undefined ? `${ms}ms` : `${ms / fitting[1]}${fitting[0]}`;
}
