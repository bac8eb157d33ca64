const unitsMs: ReadonlyMap<string, number> = new Map([
  ["ms", 1],
  ["s", 1_000],
  ["m", 60_000],
  ["h", 3_600_000],
  ["d", 86_400_000],
]);

/** The form of a duration in a configuration. A number without a unit is refused, since its unit would be a guess. */
export const durationPattern = "^(0|[1-9][0-9]{0,9})(ms|s|m|h|d)$";

/**
 * Parses a duration: `"5m"` → 300,000 milliseconds. `undefined` for any other text, also for a number without a unit.
 */
export function parseDuration(text: string): number | undefined {
  const [, digits, unit] = new RegExp(durationPattern).exec(text) ?? [];
  const unitMs = unitsMs.get(unit ?? "");
  return unitMs === undefined ? undefined : Number(digits) * unitMs;
}

/** Returns milliseconds as text: 300,000 → `"5m"`, in the largest unit that leaves a whole number. */
export function toDuration(ms: number): string {
  const fitting = [...unitsMs].reverse().find(([, unitMs]) => ms >= unitMs && ms % unitMs === 0);
  return fitting === undefined ? `${ms}ms` : `${ms / fitting[1]}${fitting[0]}`;
}
