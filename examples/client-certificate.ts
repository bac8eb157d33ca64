// Callers by their client certificate. After `npm run build`, with a CA, a server and a client certificate of yours:
//
//   CA=ca.crt CERT=server.crt KEY=server.key node dist/examples/client-certificate.js
//   curl -sSi --cacert ca.crt --cert ada.crt --key ada.key https://localhost:8443/
//
// Where there is no CA yet, it makes all of them with openssl, and prints the command.
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createSecureServer } from "node:http2";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { clientCertificate, createAuth } from "sallyport";
import { memory } from "sallyport/memory";
import { type NodeRequest, type NodeResponse, nodeAuth } from "sallyport/node";

const folder = mkdtempSync(join(tmpdir(), "sallyport-certificates-"));
const { CA, CERT, KEY } = process.env.CA === undefined ? makeAll() : process.env;

const auth = createAuth({
  handlers: [
    clientCertificate({
      rules: [
        // People: whom the CA gives an e-mail address is that person, with whatever key.
        { san: "email", pattern: /([a-z]+)@example\.org/, subject: "$1", roles: ["user"], anyKey: true },
        // A partner with one key, which has to be told us when it changes.
        { field: "CN", value: "partner", keys: [process.env.PARTNER_KEY ?? "0".repeat(64)] },
      ],
    }),
  ],
  store: memory(),
});

const server = createSecureServer(
  {
    ...{ ca: readFileSync(CA ?? ""), cert: readFileSync(CERT ?? ""), key: readFileSync(KEY ?? "") },
    requestCert: true,
    rejectUnauthorized: false, // others may come, and get a 401 that says so
    allowHTTP1: true,
  },
  nodeAuth(auth, (request: NodeRequest, response: NodeResponse) => {
    response.setHeader("Content-Type", "application/json");
    response.end(`${JSON.stringify(auth.caller(request).identity)}\n`);
  }),
);
server.listen(Number(process.env.PORT ?? 8443), "127.0.0.1", () => {
  const origin = `https://localhost:${(server.address() as AddressInfo).port}`;
  if (process.env.CA === undefined) {
    console.log(`try: curl -sSi --cacert ${CA} --cert ${folder}/ada.crt --key ${folder}/ada.key ${origin}`);
  }
  console.log(`listening on ${origin}`);
});

process.once("SIGTERM", () => {
  server.close();
  void auth.close().then(() => {
    rmSync(folder, { recursive: true });
    process.exit(0);
  });
});

function makeAll() {
  const path = (name: string) => join(folder, name);
  const openssl = (...words: string[]) => execFileSync("openssl", words, { cwd: folder, stdio: "pipe" });
  const newKey = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"];
  openssl("req", "-x509", ...newKey, "-keyout", "ca.key", "-out", "ca.crt", "-days", "2", "-subj", "/CN=example ca");
  for (const [name, san] of [
    ["server", "DNS:localhost"],
    ["ada", "email:ada@example.org"],
  ]) {
    openssl("req", ...newKey, "-keyout", `${name}.key`, "-out", `${name}.csr`, "-subj", `/CN=${name}`);
    writeFileSync(path("san.cnf"), `subjectAltName=${san}\n`);
    const sign = ["-CA", "ca.crt", "-CAkey", "ca.key", "-CAcreateserial", "-days", "2", "-extfile", "san.cnf"];
    openssl("x509", "-req", "-in", `${name}.csr`, ...sign, "-out", `${name}.crt`);
  }
  return { CA: path("ca.crt"), CERT: path("server.crt"), KEY: path("server.key") };
}
