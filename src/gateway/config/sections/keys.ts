import { statSync } from "node:fs";
import { systemPlatform } from "../../../base/platform.js";
import { keyFile } from "../../../keys/key-file.js";
import { openKeys } from "../../../keys/key-ring.js";
import { faultOf } from "../read-context.js";
import { object, path } from "../schema.js";
import { type Section, section } from "./section.js";

/** The signing keys: there, usable, and nobody else's to read. */
export const keysSection: Section<{ readonly file: string }> = section(
  object(
    { file: path("Made by `sallyport keys init`, mode 0600. Read again by itself when a key was added.") },
    ["file"],
    "The keys that sign tokens.",
  ),
  (raw, path, context) => {
    const file = context.resolve(raw?.file ?? "");
    if (raw?.file !== undefined) {
      const fault =
        statSync(file, { throwIfNoEntry: false }) === undefined
          ? `there is no key file ${file}; make it with: sallyport keys init ${file}`
          : faultOf(() => openKeys(keyFile(file), systemPlatform));
      if (fault !== undefined) context.report([...path, "file"], fault);
    }
    return Object.freeze({ file });
  },
);
