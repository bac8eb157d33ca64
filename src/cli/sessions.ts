import type { Command } from "commander";
import { AuthError } from "../base/errors.js";
import type { SessionSummary, Sessions } from "../sessions/sessions.js";
import { type CliIo, exitCodes, print, toTable } from "./io.js";
import { withRunning } from "./open-running.js";
import { configOption, instantArgument } from "./options.js";

interface Common {
  readonly config: string;
  readonly json?: boolean;
}

const pageSize = 1_000;

export function addSessions(program: Command, io: CliIo, setExitCode: (code: number) => void): void {
  const sessions = program.command("sessions").description("list and end sessions, of a running gateway too");

  sessions
    .command("ls")
    .description("list live sessions")
    .addOption(configOption())
    .option("--subject <name>", "only those of this subject, or that act for it")
    .option("--json", "as JSON, one session a line")
    .addHelpText("after", "\nExample:\n  $ sallyport sessions ls --subject ada")
    .action(({ subject, ...common }: Common & { subject?: string }) =>
      withSessions(common, io, async (opened) => {
        const rows: string[][] = [];
        for await (const summary of all(opened, subject)) {
          if (common.json === true) io.out(`${JSON.stringify(toJson(summary))}\n`);
          else rows.push(toRow(summary));
        }
        if (common.json !== true)
          io.out(toTable(["REF", "SUBJECT", "SCHEME", "CREATED", "LAST USED", "EXPIRES"], rows));
      }),
    );

  sessions
    .command("end")
    .description("end sessions: final on every node, within a second")
    .addOption(configOption())
    .option("--subject <name>", "every session of this subject, also one whose log-in is under way")
    .option("--ref <ref>", "one session, as sessions ls names it")
    .option("--before <instant>", "every session that was opened before, such as 2026-11-22T09:30:00Z", instantArgument)
    .option("--json", "as JSON")
    .addHelpText(
      "after",
      `
Give exactly one of --subject, --ref and --before.

It works on the database that the configuration names, and makes none.

After a backup was restored, sessions that had ended since are live again. End all that the backup knows:
  $ sallyport sessions end --before "$(date -u +%Y-%m-%dT%H:%M:%SZ)"

Example:
  $ sallyport sessions end --subject ada`,
    )
    .action(async (options: Common & { subject?: string; ref?: string; before?: number }, command: Command) => {
      const { subject, ref, before } = options;
      if ([subject, ref, before].filter((given) => given !== undefined).length !== 1) {
        command.error("error: give exactly one of --subject, --ref and --before", { exitCode: exitCodes.usage });
      }
      await withSessions(options, io, async (opened) => {
        if (subject !== undefined) {
          await opened.endSubject(subject, "ended by an operator");
          return print(io, options.json, { subject }, `every session of ${subject} has ended`);
        }
        const ended =
          ref !== undefined ? Number(await opened.end(ref, "ended by an operator")) : await endBefore(opened, before);
        if (ref !== undefined && ended === 0) setExitCode(exitCodes.failure);
        print(io, options.json, { ended }, ended === 1 ? "1 session has ended" : `${ended} sessions have ended`);
      });
    });
}

async function withSessions({ config }: Common, io: CliIo, use: (sessions: Sessions) => Promise<void>): Promise<void> {
  await withRunning(config, io, ({ sessions }) => use(sessions));
}

/** Lists sessions page by page, in the order of `ref`, so that a million sessions are not in memory at once. */
async function* all(sessions: Sessions, subject?: string): AsyncGenerator<SessionSummary> {
  let after: string | undefined;
  for (;;) {
    const page: readonly SessionSummary[] = await sessions.list({
      limit: pageSize,
      ...(subject !== undefined && { subject }),
      ...(after !== undefined && { after }),
    });
    yield* page;
    after = page.at(-1)?.ref;
    if (after === undefined || page.length < pageSize) return;
  }
}

async function endBefore(sessions: Sessions, instant: number | undefined): Promise<number> {
  if (instant === undefined) throw new AuthError("invalid_options", "before needs an instant");
  let ended = 0;
  for await (const { ref, createdAt } of all(sessions)) {
    if (createdAt < instant && (await sessions.end(ref, "ended by an operator"))) ended++;
  }
  return ended;
}

const toText = (instant: number): string => new Date(instant).toISOString().replace(/\.\d+/, "");

function toRow({ ref, subject, actor, scheme, createdAt, lastUsedAt, expiresAt }: SessionSummary): string[] {
  const who = actor === undefined ? subject : `${subject} (by ${actor})`;
  return [ref, who, scheme, toText(createdAt), toText(lastUsedAt), toText(expiresAt)];
}

function toJson({ createdAt, lastUsedAt, expiresAt, ...rest }: SessionSummary): object {
  return { ...rest, createdAt: toText(createdAt), lastUsedAt: toText(lastUsedAt), expiresAt: toText(expiresAt) };
}
