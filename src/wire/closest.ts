/** Returns the known word that is nearest to `word`, if at most a third of it differs. */
export function closest(word: string, known: Iterable<string>): string | undefined {
  let best: { readonly name: string; readonly distance: number } | undefined;
  for (const name of known) {
    const distance = editDistance(word.toLowerCase(), name.toLowerCase());
    const near = distance <= Math.max(1, Math.floor(Math.max(word.length, name.length) / 3));
    if (near && (best === undefined || distance < best.distance)) best = { name, distance };
  }
  return best?.name;
}

/** Returns the end of a message: `; did you mean "app"?`, or else `; there is app, web`. */
export function suggest(word: string, known: readonly string[]): string {
  const name = closest(word, known);
  if (name !== undefined) return `; did you mean "${name}"?`;
  return known.length === 0 ? "" : `; there is ${known.join(", ")}`;
}

/** Counts letters that are added, left out or replaced, and neighbours that have changed places. */
function editDistance(a: string, b: string): number {
  let beforePrevious: readonly number[] = [];
  let previous = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (let row = 1; row <= a.length; row++) {
    const current = [row];
    for (let column = 1; column <= b.length; column++) {
      const substituted = (previous[column - 1] ?? 0) + (a[row - 1] === b[column - 1] ? 0 : 1);
      const swapped = a[row - 1] === b[column - 2] && a[row - 2] === b[column - 1];
      const transposed = swapped ? (beforePrevious[column - 2] ?? Number.POSITIVE_INFINITY) + 1 : substituted;
      const grown = Math.min(previous[column] ?? 0, current[column - 1] ?? 0) + 1;
      current.push(Math.min(substituted, transposed, grown));
    }
    beforePrevious = previous;
    previous = current;
  }
  return previous[b.length] ?? 0;
}
