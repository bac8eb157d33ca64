import { toNewFile } from "../read-context.js";
import { choice, flag, object, path } from "../schema.js";
import { type Section, section } from "./section.js";

/** Where the audit is written, and what happens when it cannot be. */
export interface AuditConfig {
  readonly file: string;
  readonly fsync: boolean;
  readonly onFailure: "continue" | "refuse";
}

/** Who did what, when, from where. The file is opened at the start only: `sallyport check` must not make one. */
export const auditSection: Section<AuditConfig | undefined> = section(
  object(
    {
      file: path(
        "Lines of JSON are appended to it; made with mode 0600. Moved away, it is made anew; SIGHUP does so at once.",
      ),
      fsync: flag("Wait for the disk, so that a record survives a power cut."),
      onFailure: choice(
        ["continue", "refuse"],
        undefined,
        "What becomes of a log-in, a ticket or an operate-as whose record cannot be written: it goes on, or it is 503 and undone.",
      ),
    },
    ["file", "onFailure"],
    "A record for each log-in, refusal, ticket, operate-as, end and alarm. Default: none. Another file takes effect at the next start.",
  ),
  (raw = {}, path, context) => {
    const { file, fsync = false, onFailure } = raw;
    if (file === undefined || onFailure === undefined) return undefined;
    return Object.freeze({ file: toNewFile(file, [...path, "file"], context), fsync, onFailure });
  },
);
