import { toNewFile } from "../read-context.js";
import { choice, flag, object, path } from "../schema.js";
import { type Section, section } from "./section.js";

/** The file of the audit, and what happens when a record cannot be written. */
export interface AuditConfig {
  readonly file: string;
  readonly fsync: boolean;
  readonly onFailure: "continue" | "refuse";
}

/** The audit. Its file is opened at the start only, since `sallyport check` must not make one. */
export const auditSection: Section<AuditConfig | undefined> = section(
  object(
    {
      file: path(
        "The file to which lines of JSON are appended, made with mode 0600. After it was moved away it is made again; SIGHUP does so at once.",
      ),
      fsync: flag("Wait for the disk, so that a record survives a power cut."),
      onFailure: choice(
        ["continue", "refuse"],
        undefined,
        "Whether a log-in, a ticket or an operate-as whose record cannot be written goes on, or is answered 503 and undone.",
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
