import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { connect, createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Certificates, makeCertificates } from "../../gateway/make-certificates.js";

/** Debian's place; it is not in a user's path. */
const program = "/usr/sbin/slapd";

/** Why tests of a directory cannot run here; `undefined` where they can. */
export const lacksSlapd: string | undefined = existsSync(program) ? undefined : "needs slapd: apt-get install slapd";

export const suffix = "dc=example,dc=org";
export const searcher = { dn: `cn=gate,${suffix}`, password: "the searcher's own" };

/** May change every entry. */
export const root = { dn: `cn=root,${suffix}`, password: "the root's own" };

/** `ada`, whose password is `correct horse`, and the group `admins` that she is in. */
export const smallDirectory: string = [
  `dn: ${suffix}\nobjectClass: dcObject\nobjectClass: organization\ndc: example\no: Example`,
  `dn: ${searcher.dn}\nobjectClass: organizationalRole\nobjectClass: simpleSecurityObject\ncn: gate\nuserPassword: ${searcher.password}`,
  `dn: uid=ada,${suffix}\nobjectClass: inetOrgPerson\nuid: ada\ncn: Ada\nsn: L\nuserPassword: correct horse`,
  `dn: cn=admins,${suffix}\nobjectClass: groupOfNames\ncn: admins\nmember: uid=ada,${suffix}`,
].join("\n\n");

export interface Slapd {
  /** `ldap://127.0.0.1:…` */
  readonly url: string;
  /** `ldaps://localhost:…` */
  readonly secureUrl: string;
  readonly certificates: Certificates;
  /** What was asked of it since the last time, by as many connections, which have been closed: a line for each operation. */
  operations(connections: number): Promise<string[]>;
  stop(): Promise<void>;
}

/**
 * A directory of its own: private folder, ephemeral ports, a CA made for it.
 *
 * @param entries LDIF
 */
export async function startSlapd(entries: string): Promise<Slapd> {
  const folder = mkdtempSync(join(tmpdir(), "slapd-"));
  const certificates = makeCertificates();
  if (certificates === undefined) throw new Error("needs openssl: apt-get install openssl");
  const { cert, key } = certificates.make("directory");
  mkdirSync(join(folder, "data"));
  const config = join(folder, "slapd.conf");
  writeFileSync(config, configOf(folder, certificates.ca, cert, key));
  writeFileSync(join(folder, "entries.ldif"), entries);
  // slapadd is slapd by another name, and does not care for foreign keys or operational attributes.
  execFileSync("/usr/sbin/slapadd", ["-f", config, "-l", join(folder, "entries.ldif")], { stdio: "pipe" });
  const [plain, secure] = await freePorts();
  const urls = `ldap://127.0.0.1:${plain}/ ldaps://127.0.0.1:${secure}/`;
  // 256: operations and their results, on standard error, in the foreground.
  const child = spawn(program, ["-f", config, "-h", urls, "-d", "256"], { stdio: ["ignore", "ignore", "pipe"] });
  const log = readLog(child);
  await log.until((line) => line.includes("slapd starting"));
  // It says so before it listens.
  for (const port of [plain, secure]) while (!(await accepts(port))) await new Promise(setImmediate);
  await log.operations(2);
  return {
    url: `ldap://127.0.0.1:${plain}`,
    secureUrl: `ldaps://localhost:${secure}`,
    certificates,
    operations: log.operations,
    async stop() {
      const ended = new Promise((resolve) => child.once("exit", resolve));
      child.kill("SIGTERM");
      await ended;
      certificates.remove();
      rmSync(folder, { recursive: true });
    },
  };
}

/** Whether a connection is taken. */
function accepts(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, "127.0.0.1");
    socket.once("connect", () => resolve(true)).once("error", () => resolve(false));
    socket.once("connect", () => socket.destroy());
  });
}

function configOf(folder: string, ca: string, cert: string, key: string): string {
  return `
${["core", "cosine", "nis", "inetorgperson"].map((name) => `include /etc/ldap/schema/${name}.schema`).join("\n")}
# Of Active Directory; Debian's msuser.schema has them without rules to compare by.
attributetype ( 1.2.840.113556.1.4.221 NAME 'sAMAccountName' EQUALITY caseIgnoreMatch SYNTAX 1.3.6.1.4.1.1466.115.121.1.15 SINGLE-VALUE )
attributetype ( 1.2.840.113556.1.4.656 NAME 'userPrincipalName' EQUALITY caseIgnoreMatch SYNTAX 1.3.6.1.4.1.1466.115.121.1.15 SINGLE-VALUE )
attributetype ( 1.2.840.113556.1.4.8 NAME 'userAccountControl' EQUALITY integerMatch SYNTAX 1.3.6.1.4.1.1466.115.121.1.27 SINGLE-VALUE )
modulepath /usr/lib/ldap
${["back_mdb", "memberof", "ppolicy"].map((name) => `moduleload ${name}`).join("\n")}
pidfile ${folder}/slapd.pid
TLSCACertificateFile ${ca}
TLSCertificateFile ${cert}
TLSCertificateKeyFile ${key}
database mdb
suffix "${suffix}"
rootdn "${root.dn}"
rootpw "${root.password}"
directory ${folder}/data
maxsize 16777216
overlay memberof
overlay ppolicy
access to attrs=userPassword by anonymous auth by * none
access to attrs=entry,objectClass,uid by * read
access to * by dn.exact="${searcher.dn}" read by self read by anonymous auth by * none
`;
}

/** Taken, told and given back: somebody else could take one in between, which would fail the test and not falsify it. */
async function freePorts(): Promise<[number, number]> {
  const servers = [createServer(), createServer()];
  const ports = await Promise.all(
    servers.map(
      (server) =>
        new Promise<number>((resolve) =>
          server.listen(0, "127.0.0.1", () => resolve((server.address() as { port: number }).port)),
        ),
    ),
  );
  await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))));
  return ports as [number, number];
}

function readLog(child: ChildProcess) {
  let lines: string[] = [];
  let rest = "";
  let look: () => void = () => {};
  child.stderr?.setEncoding("utf8").on("data", (chunk: string) => {
    const parts = (rest + chunk).split("\n");
    rest = parts.pop() ?? "";
    lines.push(...parts);
    look();
  });
  async function until(is: (line: string) => boolean, times = 1): Promise<void> {
    await new Promise<void>((resolve, reject) => {
      const fail = () => reject(new Error(`slapd ended:\n${lines.join("\n")}`));
      child.once("exit", fail);
      look = () => {
        if (lines.filter(is).length < times) return;
        child.off("exit", fail);
        resolve();
      };
      look();
    });
  }
  return {
    until,
    async operations(connections: number): Promise<string[]> {
      await until((line) => / fd=\d+ closed/.test(line), connections);
      const found = lines.flatMap(
        (line) => line.match(/ op=\d+ (BIND dn=".*"(?= method)|SRCH base=.*|STARTTLS)/)?.[1] ?? [],
      );
      lines = [];
      return found;
    },
  };
}
