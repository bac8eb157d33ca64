import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { test } from "node:test";

test("the client reaches only its own files, generated code, wire, Connect, protobuf and dpop, so that browsers can load it", () => {
  const allowed =
    /^(\.\/[\w-]+\.js|\.\.\/(gen|wire)\/.*|@connectrpc\/connect(\/protocol)?|@connectrpc\/connect-web|@bufbuild\/protobuf(\/wkt)?|dpop)$/;
  const folder = new URL("../../src/client/", import.meta.url);
  const imports = readdirSync(folder)
    .filter((name) => name.endsWith(".js"))
    .flatMap((name) => [...readFileSync(new URL(name, folder), "utf8").matchAll(/ from "(.*)"|import\("(.*)"/g)])
    .map(([, from, lazy]) => from ?? lazy ?? "");
  assert.ok(imports.length > 10);
  assert.deepEqual(
    imports.filter((specifier) => !allowed.test(specifier)),
    [],
  );
});

for (const step of ["client", "wire"]) {
  test(`no file of ${step} names what only Node has`, () => {
    const folder = new URL(`../../src/${step}/`, import.meta.url);
    for (const name of readdirSync(folder).filter((file) => file.endsWith(".js"))) {
      assert.doesNotMatch(
        readFileSync(new URL(name, folder), "utf8"),
        /\b(Buffer|process|require|setImmediate)\b\s*[.(]/,
      );
    }
  });
}
