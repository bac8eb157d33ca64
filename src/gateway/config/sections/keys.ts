import { statSync } from "node:fs";
import { systemPlatform } from "../../../base/platform.js";
import { keyFile } from "../../../keys/key-file.js";
import { openKeys } from "../../../keys/key-ring.js";
import { faultOf } from "../read-context.js";
import { object, path } from "../schema.js";
import { type Section, section } from "./section.js";

/** The signing keys. Their file must exist, be usable, and be readable only by its owner. */
export const keysSection: Section<{ readonly file: string }> = section(
  object(
    {
      file: path(
        "The key file, made by `sallyport keys init` with mode 0600. It is read again by itself when a key was added or revoked.",
      ),
    },
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
