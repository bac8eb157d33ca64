// A support engineer operates as a customer, and hands a one-time ticket to another service. Needs nothing but this package:
//   node dist/examples/operate-as.js
import { basic, createAuth, operateAsRules } from "sallyport";
import { memory } from "sallyport/memory";

const accounts = new Map([
  ["ada", { subject: "ada", roles: ["support"] }],
  ["bob", { subject: "bob", roles: ["customer"] }],
]);

const auth = createAuth({
  handlers: [basic({ verify: (user, password) => (password === `${user}-pw` ? accounts.get(user) : null) })],
  store: memory(),
  operateAs: operateAsRules({
    identify: (subject) => accounts.get(subject),
    rules: [{ actorRoles: ["support"], targetRoles: ["customer"], reasonRequired: true, maxMs: 3_600_000 }],
  }),
  onEvent: (event) => console.log("event:", JSON.stringify(event)),
});

const from = { peer: { address: "127.0.0.1", trusted: false }, target: { method: "POST", path: "/log-in" } };
const credentials = { scheme: "Basic", payload: Buffer.from("ada:ada-pw").toString("base64") };

const plain = await auth.logIn(credentials, from);
const refused = await auth.logIn(credentials, { ...from, operateAs: { subject: "bob" } });
console.log("without a reason:", refused.kind === "denied" && refused.message);

if (plain.kind !== "opened") throw new Error("ada could not log in");
const switched = await auth.beginOperateAs(plain.caller, { subject: "bob", reason: "call 42" });
if (switched.kind !== "opened") throw new Error(switched.message);
const { identity, actor } = switched.caller;
console.log(`${actor?.subject} operates as ${identity.subject}, with the roles ${identity.roles}`);

const issued = await auth.tickets.issue(switched.caller, { service: "reports" });
if (issued.kind !== "issued") throw new Error(issued.message);
const first = await auth.tickets.redeem(issued.ticket, "reports");
console.log("reports learns:", first.kind === "redeemed" && `${first.identity.subject}, by ${first.actor?.subject}`);
const second = await auth.tickets.redeem(issued.ticket, "reports");
console.log("the second time:", second.kind === "refused" && second.reason);

await auth.sessions.endSubject("ada");
console.log("ada was ended; her session as bob is over:", switched.session.ended);
await auth.close();
