import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { test } from "node:test";

test("the client reaches only its own files, generated code, wire, Connect, protobuf and dpop, so that browsers can load it", () => {
  const src = new URL("../../src/", import.meta.url).href;
  const allowed =
    /^(SRC\/(client|gen|wire)\/.*|@connectrpc\/connect(\/protocol)?|@connectrpc\/connect-web|@bufbuild\/protobuf(\/wkt)?|dpop)$/;
  const imports = readdirSync(new URL("client/", src), { recursive: true })
    .map((name) => new URL(`client/${String(name)}`, src))
    .filter(({ href }) => href.endsWith(".js"))
    .flatMap((file) =>
      [...readFileSync(file, "utf8").matchAll(/ from "(.*)"|import\("(.*)"/g)]
        .map(([, from, lazy]) => from ?? lazy ?? "")
        .map((target) => (target.startsWith(".") ? new URL(target, file).href.replace(src, "SRC/") : target)),
    );
  assert.ok(imports.length > 10);
  assert.deepEqual(
    imports.filter((target) => !allowed.test(target)),
    [],
  );
});

for (const step of ["client", "wire"]) {
  test(`no file of ${step} names what only Node has`, () => {
    const folder = new URL(`../../src/${step}/`, import.meta.url);
    const files = readdirSync(folder, { recursive: true }).map(String);
    for (const name of files.filter((file) => file.endsWith(".js"))) {
      assert.doesNotMatch(
        readFileSync(new URL(name, folder), "utf8"),
        /\b(Buffer|process|require|setImmediate)\b\s*[.(]/,
      );
    }
  });
}
