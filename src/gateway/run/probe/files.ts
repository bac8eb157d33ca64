import { statSync } from "node:fs";
import { grants, isPrivate } from "../../../base/file-rights.js";
import { type Finding, fault, ok, warning } from "./finding.js";

/** A file that other users of the machine should not read. */
export interface PrivateFile {
  readonly what: string;
  readonly file: string;
  /** What a reader of it could do, after "every user who can read it". */
  readonly danger: string;
  /** A secret with which a reader is any user at once. */
  readonly isSecret: boolean;
}

/** Looks at the modes of files. One that is not there has no mode. */
export function probeModes(files: readonly PrivateFile[]): Finding[] {
  return files.flatMap(({ what, file, danger, isSecret }) => {
    const stats = statSync(file, { throwIfNoEntry: false });
    if (stats === undefined) return [];
    // A group is given on purpose, to a deployment's tool or a backup; every user of the machine is not.
    const isClosed = isSecret ? isPrivate(stats) : !grants(stats.mode, 0o007);
    if (isClosed) return [ok(what, `${file} is closed to other users`)];
    const remedy = isSecret ? `chmod 600 ${file}` : `chmod o= ${file}`;
    const detail = `every user of this machine who can read ${file} can ${danger}; run: ${remedy}`;
    return [isSecret ? fault(what, detail) : warning(what, detail)];
  });
}
