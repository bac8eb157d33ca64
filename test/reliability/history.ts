import { type Call, generationOf, type SessionRecord, toText } from "./records.js";

/** What happened around a failure, in words. */
export interface History {
  /** Of what concerns all sessions. */
  note(text: string): void;
  /** @param until what came later is left out */
  tell(failure: string, record: SessionRecord | undefined, until: number): string;
}

/** The lines of a failure, at most, and those that are kept of what concerns all. */
const most = 80;

export function createHistory(): History {
  const begun = Date.now();
  const notes: { readonly at: number; readonly text: string }[] = [];
  const when = (at: number): string => `${((at - begun) / 1_000).toFixed(3)} s`;

  function toLine({ by, token, sentAt, answeredAt, outcome }: Call): string {
    const what = token === undefined ? "logs in" : `sends ${generationOf(token)}`;
    return `${by} ${what}: ${toText(outcome)}${answeredAt === undefined ? "" : ` after ${answeredAt - sentAt} ms`}`;
  }

  return {
    note(text) {
      notes.push({ at: Date.now(), text });
    },
    tell(failure, record, until) {
      const lines = [
        ...notes,
        ...(record?.calls ?? []).map((call) => ({ at: call.sentAt, text: `  ${toLine(call)}` })),
      ];
      if (record !== undefined) {
        const { session, account, openedFrom, openedBy, firstSent } = record;
        const sent = [...firstSent].map(([generation, at]) => `${generation} at ${when(at)}`).join(", ");
        lines.push({
          at: openedFrom,
          text: `session ${session.slice(0, 8)} of ${account} opens, by ${when(openedBy)}; first sent: ${sent}`,
        });
      }
      const told = lines
        .filter(({ at }) => at <= until)
        .sort((a, b) => a.at - b.at)
        .map(({ at, text }) => `${when(at)} ${text}`);
      return [`${when(until)} ${failure}`, ...told.slice(-most)].join("\n    ");
    },
  };
}
