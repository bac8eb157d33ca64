import { readFile } from "node:fs/promises";
import type { IncomingMessage, ServerResponse } from "node:http";

/** Where the page's modules are, below the root of the repository. */
const folders: Readonly<Record<string, string>> = {
  "/page/sallyport/": "dist/src/",
  "/page/test/": "dist/test/browser/",
  "/page/adapters/": "dist/test/adapters/",
  "/page/connect/": "node_modules/@connectrpc/connect/",
  "/page/connect-web/": "node_modules/@connectrpc/connect-web/",
  "/page/protobuf/": "node_modules/@bufbuild/protobuf/",
  "/page/dpop/": "node_modules/dpop/",
};

/**
 * Serves `/page/`, and what it imports, as built: an import map does what a bundler would. `false` for other paths.
 */
export async function servePage(request: IncomingMessage, response: ServerResponse): Promise<boolean> {
  // Resolves `..`, so that nothing outside of the folders is served.
  const { pathname } = new URL(request.url ?? "", "http://page");
  if (pathname === "/page/") {
    response.setHeader("content-type", "text/html");
    const imports = JSON.stringify({ imports: await createImports() });
    response.end(
      `<!doctype html><title>page</title><link rel="icon" href="data:,"><script type="importmap">${imports}</script>` +
        `<script type="module" src="/page/test/page.js"></script>`,
    );
    return true;
  }
  const prefix = Object.keys(folders).find((name) => pathname.startsWith(name));
  if (prefix === undefined) return false;
  response.setHeader("content-type", "text/javascript");
  response.end(await readFile(`${folders[prefix]}${pathname.slice(prefix.length)}`));
  return true;
}

/** Every subpath that the packages export for `import`. */
async function createImports(): Promise<Record<string, string>> {
  const imports: Record<string, string> = { "sallyport/client": "/page/sallyport/client/index.js" };
  for (const [prefix, folder] of Object.entries(folders)) {
    if (!folder.startsWith("node_modules/")) continue;
    const { name, exports } = JSON.parse(await readFile(`${folder}package.json`, "utf8")) as {
      readonly name: string;
      readonly exports: Readonly<Record<string, string | { readonly import?: string; readonly default?: string }>>;
    };
    for (const [subpath, target] of Object.entries(exports)) {
      const file = typeof target === "string" ? target : (target.import ?? target.default ?? "");
      imports[name + subpath.slice(1)] = prefix + file.slice(2);
    }
  }
  return imports;
}
