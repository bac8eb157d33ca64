// Which test files are slow: runs each alone and prints a table, the slowest first.
//   node scripts/test-times.mjs             all that `npm test` runs
//   node scripts/test-times.mjs stores      files whose path contains "stores"
// CPU is that of the file's own process, worker threads included and processes that it starts left out.
import { spawn } from "node:child_process";
import { findTests } from "./test-files.mjs";

const report =
  "import { writeSync } from 'node:fs'; process.on('exit', () => writeSync(3, JSON.stringify(process.cpuUsage())))";
const rows = [];
for (const file of findTests({ words: process.argv.slice(2) })) {
  const begun = performance.now();
  const { code, cpu } = await run(file);
  rows.push({ file: file.slice("dist/test/".length), code, cpu, wall: (performance.now() - begun) / 1_000 });
}
rows.sort((one, other) => other.wall - one.wall);
const sum = (key) => rows.reduce((total, row) => total + row[key], 0).toFixed(0);
console.log(`${rows.length} files, one after the other: ${sum("wall")} s, CPU ${sum("cpu")} s\n`);
console.log("| file | s | CPU s |\n|---|---|---|");
for (const { file, code, wall, cpu } of rows) {
  console.log(`| ${file}${code === 0 ? "" : ` (exit code ${code})`} | ${wall.toFixed(1)} | ${cpu.toFixed(1)} |`);
}

function run(file) {
  return new Promise((resolve) => {
    const preload = `data:text/javascript,${encodeURIComponent(report)}`;
    const child = spawn(process.execPath, ["--import", preload, file], {
      stdio: ["ignore", "ignore", "ignore", "pipe"],
    });
    let text = "";
    child.stdio[3].on("data", (data) => {
      text += data;
    });
    child.on("close", (code) => {
      const { user = 0, system = 0 } = text === "" ? {} : JSON.parse(text.slice(0, text.indexOf("}") + 1));
      resolve({ code, cpu: (user + system) / 1e6 });
    });
  });
}
