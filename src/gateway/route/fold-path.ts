// Each pattern begins at one place of a run only, so a hostile path costs one pass.

/**
 * Folds a decoded path as an upstream that ignores case does: letters in lower case, and each segment without the dots
 * and spaces at its end, which Windows drops (`/ADMIN`, `/admin.` and `/admin%20` are one file).
 */
export function foldPath(path: string): string {
  return path.toLowerCase().replace(/(?<![. ])[. ]+(?=\/|$)/g, "");
}

/**
 * Folds a decoded path as far as any upstream may: by all that Unicode calls compatible or of one case (`ß` and `ss`,
 * full width letters), and without any white space at the end of a segment.
 */
export function foldWide(path: string): string {
  const folded = path.normalize("NFKC").toUpperCase().toLowerCase().normalize("NFKC");
  return folded.replace(/(?<![.\s])[.\s]+(?=\/|$)/g, "");
}

/** A short name of Windows (`PROGRA~1`): its file system alone knows which long name it stands for. */
const shortName = /(?:^|\/)[^/.]{0,7}~[0-9]+(?:\.[^/.]{0,3})?[. ]*(?=\/|$)/;

/** A segment that is dropped whole, and so leaves an empty one. */
const dotsOnly = /\/[. ]+(?=\/|$)/;

/** What ASP.NET takes out of a path before it looks at it: the session of a client without cookies. */
const cookieless = /\/\((?:[a-z]\([^()/]*\))+\)(?=\/|$)/g;

/** A stream of a file (`/admin::$INDEX_ALLOCATION`), which is the file itself to some servers. */
const stream = /:[^/]*/g;

/**
 * Returns further spellings, each by `foldWide`, by which an upstream that ignores case may know a decoded path: what it
 * folds depends on its file system and its framework. A rule is certain only where it holds for all of them.
 *
 * @returns `undefined` when only the upstream can say what the path names
 */
export function toWideSpellings(path: string): readonly string[] | undefined {
  if (shortName.test(path) || dotsOnly.test(path) || hidesSeparator(path)) return undefined;
  const wide = foldWide(path);
  const spellings = [wide, foldWide(wide.replace(stream, ""))];
  const all = spellings.flatMap((spelling) => [spelling, spelling.replace(cookieless, "")]);
  // A segment of which nothing is left, such as `:x` or one of blanks, is an empty one, and servers join slashes.
  return [...new Set(all.flatMap((spelling) => [spelling, spelling.replace(/\/{2,}/g, "/")]))];
}

/** Whether a character is compatible with a separator (`／`, `；`, `℀`): what a server cuts a path by, it may fold before or after. */
function hidesSeparator(path: string): boolean {
  return separatorsIn(path.normalize("NFKC")) !== separatorsIn(path);
}

function separatorsIn(path: string): string {
  return path.replace(/[^/\\;?#%]/g, "");
}
