import { jsonLines } from "../../../src/policies/audit/json-lines.js";

const [, , path = "", subject = ""] = process.argv;
const sink = jsonLines(path);
for (let lost = 0; lost < 500; lost++) {
  const wait = sink.write({ time: 1, event: "refused", outcome: "refused", subject, lost }, false);
  if (lost % 7 === 0) await wait;
}
await sink.close();
