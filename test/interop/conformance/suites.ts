import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { isMap, parseDocument, YAMLMap, YAMLSeq } from "yaml";

/**
 * Writes the runner's suites anew, with a credential in each of their requests.
 *
 * @param from the folder of the suites
 * @param to a folder, which is made
 * @param credential the value of `Authorization`
 * @returns the files
 */
export function writeSuites(from: string, to: string, credential: string): string[] {
  mkdirSync(to, { recursive: true });
  return readdirSync(from).map((name) => {
    const document = parseDocument(readFileSync(join(from, name), "utf8"));
    const cases = document.get("testCases") as YAMLSeq<YAMLMap>;
    for (const each of cases.items) {
      const request = each.get("request") as YAMLMap;
      addHeader(request, "requestHeaders", credential);
      const raw = request.get("rawRequest");
      if (isMap(raw)) addHeader(raw, "headers", credential);
    }
    const path = join(to, name);
    writeFileSync(path, document.toString());
    return path;
  });
}

function addHeader(to: YAMLMap, name: string, value: string): void {
  const headers = (to.get(name) as YAMLSeq | undefined) ?? new YAMLSeq();
  const header = new YAMLMap();
  header.set("name", "Authorization");
  header.set("value", [value]);
  headers.add(header);
  to.set(name, headers);
}
