// Looks for tests that fail at times: runs files again and again, beside a busy loop for every core.
//   node scripts/flaky.mjs               the watched files below, 20 times each
//   node scripts/flaky.mjs stores oidc   files whose path contains one of these words, 20 times each
//   node scripts/flaky.mjs --suite       the whole suite as `npm test` runs it, 3 times
//   --times=N  --loops=N                 other numbers
// Needs what `npm run build` made. What a failed run printed stays in .cache/flaky/.
import { spawn } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { availableParallelism } from "node:os";
import { findTests } from "./test-files.mjs";

/** The slowest ones, and each that has ever failed by chance. It stays here when its cause is gone. */
const watched = [
  "adapters/mutations",
  "adapters/upload",
  "binding/dpop.",
  "browser/browser",
  "browser/external",
  "client/auth-client",
  "gateway/clients",
  "gateway/forward/proxy.",
  "gateway/listen/slow-bodies",
  "gateway/listen/slow-clients",
  "gateway/listen/standstill",
  "gateway/run/reload.",
  "handlers/oidc/discovery",
  "invariants/finality",
  "invariants/kill.",
  "invariants/same-on-every-store",
  "reliability/reliability.",
  "sessions/rotation-exploration",
  "simulation/simulation",
  "stores/races.",
];

/** A run that has not ended by then hangs: the slowest file takes a tenth of it beside busy loops. */
const hangMs = 15 * 60_000;

const given = process.argv.slice(2);
const option = (name, fallback) => {
  const found = given.find((word) => word.startsWith(`--${name}=`))?.split("=")[1] ?? fallback;
  if (!/^\d+$/.test(found)) throw new Error(`--${name} is a number, such as --${name}=${fallback}`);
  return Number(found);
};
const words = given.filter((word) => !word.startsWith("--"));
const suite = given.includes("--suite");
const times = option("times", suite ? "3" : "20");
const loops = option("loops", String(availableParallelism()));

const busy = Array.from({ length: loops }, () => spawn(process.execPath, ["-e", "for (;;);"], { stdio: "ignore" }));
const stop = () => {
  for (const child of busy) child.kill("SIGKILL");
};
process.on("exit", stop);
for (const signal of ["SIGINT", "SIGTERM"]) process.on(signal, () => process.exit(1));

const chosen = words.length > 0 ? words : watched;
const jobs = suite
  ? [{ name: "the whole suite", args: ["scripts/test.mjs"] }]
  : findTests()
      .filter((file) => chosen.some((word) => file.includes(word)))
      .map((file) => ({ name: file, args: ["--test-reporter=spec", file] }));
if (jobs.length === 0) {
  console.error("No test file matches. Was it built? `npm run build`");
  process.exit(1);
}
mkdirSync(".cache/flaky", { recursive: true });
console.log(`${jobs.length === 1 ? jobs[0].name : `${jobs.length} files`}, ${times} times, beside ${loops} busy loops`);

const queue = Array.from({ length: times }, (_, run) => jobs.map((job) => ({ ...job, run }))).flat();
const results = new Map(jobs.map(({ name }) => [name, { seconds: [], failed: [] }]));

async function worker() {
  for (let next = queue.shift(); next !== undefined; next = queue.shift()) {
    const { name, args, run } = next;
    const begun = performance.now();
    const { code, output } = await runOnce(args);
    const seconds = (performance.now() - begun) / 1_000;
    const result = results.get(name);
    result.seconds.push(seconds);
    if (code === 0) continue;
    const log = `.cache/flaky/${name.replace(/\W+/g, "-")}-${run}.log`;
    writeFileSync(log, output);
    result.failed.push(log);
    console.log(`✖ ${name}, run ${run + 1}, ${code === "hung" ? "hung" : `exit code ${code}`}: ${log}`);
  }
}
await Promise.all(Array.from({ length: suite ? 1 : availableParallelism() }, worker));
stop();

for (const [name, { seconds, failed }] of results) {
  seconds.sort((one, other) => one - other);
  const [median, longest] = [seconds[seconds.length >> 1], seconds.at(-1)].map((value) => value.toFixed(1));
  console.log(
    `${failed.length === 0 ? "✔" : "✖"} ${times - failed.length} of ${times}  median ${median} s, longest ${longest} s  ${name}`,
  );
}
process.exit([...results.values()].some(({ failed }) => failed.length > 0) ? 1 : 0);

function runOnce(args) {
  return new Promise((resolve) => {
    const child = spawn(process.execPath, args, { stdio: ["ignore", "pipe", "pipe"] });
    let output = "";
    let hung = false;
    for (const stream of [child.stdout, child.stderr]) {
      stream.on("data", (data) => {
        output += data;
      });
    }
    const timer = setTimeout(
      () => {
        hung = true;
        child.kill("SIGABRT");
      },
      suite ? 4 * hangMs : hangMs,
    );
    child.on("close", (code) => {
      clearTimeout(timer);
      resolve({ code: hung ? "hung" : (code ?? "none"), output });
    });
  });
}
