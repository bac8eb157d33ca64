import { type AddressInfo, connect, createServer, type Socket } from "node:net";
import { Attribute, Change, Client } from "ldapts";
import type { Handler } from "../../../src/handlers/handler.js";
import { ldap } from "../../../src/handlers/ldap/ldap.js";
import { basic } from "../../../src/handlers/password/basic.js";
import type { Identity } from "../../../src/model/identity.js";
import { root, type Slapd, searcher, smallDirectory, startSlapd, suffix } from "../../handlers/ldap/slapd.js";
import { durations } from "./node.js";
import { bySource, configured, type Ground, logInBy, type Source } from "./source.js";

interface Directory {
  readonly slapd: Slapd;
  /** May change every entry. */
  readonly client: Client;
}

let started: Promise<Directory> | undefined;
let people = 0;

/** A directory for all sources, started when the first one needs it. */
async function start(): Promise<Directory> {
  const slapd = await startSlapd(smallDirectory);
  const client = new Client({ url: slapd.url });
  await client.bind(root.dn, root.password);
  return { slapd, client };
}

export async function closeDirectory(): Promise<void> {
  const directory = await started;
  started = undefined;
  await directory?.client.unbind();
  await directory?.slapd.stop();
}

/** Passes bytes on to a directory, until it goes down. */
async function startRelay(url: string): Promise<{ url: string; close(): void }> {
  const sockets = new Set<Socket>();
  const relay = createServer((socket) => {
    const other = connect(Number(new URL(url).port), "127.0.0.1");
    for (const [from, to] of [
      [socket, other],
      [other, socket],
    ] as const) {
      sockets.add(from);
      from.on("error", () => {}).on("close", () => to.destroy());
      from.pipe(to);
    }
  });
  await new Promise<void>((resolve) => relay.listen(0, "127.0.0.1", resolve));
  return {
    url: `ldap://127.0.0.1:${(relay.address() as AddressInfo).port}`,
    close() {
      relay.close();
      for (const socket of sockets) socket.destroy();
    },
  };
}

/** A person of a directory, which is asked again by its search account. */
export async function createLdap({ platform }: Ground): Promise<Source> {
  started ??= start();
  const { slapd, client } = await started;
  const relay = await startRelay(slapd.url);
  people += 1;
  const user = `person${people}`;
  const dn = `uid=${user},${suffix}`;
  const groupOf = (role: string) => `cn=${role}${people},${suffix}`;
  await client.add(dn, { objectClass: "inetOrgPerson", uid: user, cn: "A", sn: "L", userPassword: "correct horse" });
  for (const role of ["user", "admin", "more"]) {
    const member = role === "more" ? searcher.dn : dn;
    await client.add(groupOf(role), { objectClass: "groupOfNames", cn: `${role}${people}`, member });
  }
  const edit = (of: string, operation: "add" | "replace", type: string, value: string) =>
    bySource(() =>
      client.modify(of, new Change({ operation, modification: new Attribute({ type, values: [value] }) })),
    );
  const options = {
    ...{ url: relay.url, bind: searcher, users: { base: suffix }, platform },
    groups: {
      base: suffix,
      roles: Object.fromEntries(["user", "admin", "more"].map((role) => [groupOf(role), [role]])),
    },
  };
  const { handlers, edits } = configured(() => basic(ldap(options)) as unknown as Handler<Identity>);
  const payload = Buffer.from(`${user}:correct horse`).toString("base64");
  const down = bySource(relay.close);
  return {
    handlers,
    delayMs: durations.recheckMs,
    headers: { authorization: `Basic ${payload}` },
    logIn: logInBy("Basic", payload),
    edits: {
      ...edits,
      disabled: edit(dn, "add", "pwdAccountLockedTime", "000001010000Z"),
      deleted: bySource(() => client.del(dn)),
      "role removed": edit(groupOf("admin"), "replace", "member", searcher.dn),
      "role added": edit(groupOf("more"), "add", "member", dn),
      "password changed": edit(dn, "replace", "userPassword", "another one"),
      "re-hashed": edit(dn, "replace", "userPassword", "correct horse"),
      "down for 2 min": down,
      "down for longer": down,
    },
    close: relay.close,
  };
}
