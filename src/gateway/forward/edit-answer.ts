import type { HeaderEdits } from "../route/route-config.js";
import type { AnswerHead } from "./answer-head.js";

/** Takes fields out of an answer of an upstream, and sets those of the route. */
export function editAnswer(head: AnswerHead, { removed, set }: HeaderEdits): void {
  for (const name of removed) head.removeHeader(name);
  for (let index = 0; index < set.length; index += 2) head.appendHeader(set[index] ?? "", set[index + 1] ?? "");
}
