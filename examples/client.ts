// Logs in, calls, follows the token's rotation, and logs out. Start `npm start` in another terminal, then:
//
//   PASSWORD=… node dist/examples/client.js http://127.0.0.1:8080 demo
import { setTimeout as sleep } from "node:timers/promises";
import { AuthClient, AuthenticationFailedError, parseToken } from "sallyport/client";

const [baseUrl = "http://127.0.0.1:8080", user = "demo"] = process.argv.slice(2);
const client = new AuthClient({ baseUrl });

/** The token itself is a secret; its generation is not. */
const generation = () => parseToken(client.token ?? "")?.generation;

try {
  const caller = await client.password(user, process.env.PASSWORD ?? "");
  console.log(`logged in as ${caller?.identity?.subject}, generation ${generation()}`);

  const { session } = await client.whoAmI(); // an RPC; so is createClient(YourService, client.transport)
  console.log(`this is session ${session?.ref}`);

  await sleep(2_200); // `npm start` rotates every 2 s
  const response = await client.fetch("/"); // plain HTTP: the next token comes with the answer, and is taken
  console.log(`GET / answered ${response.status}, generation ${generation()}`);
} catch (error) {
  console.error(error instanceof AuthenticationFailedError ? "wrong user or password" : error);
  process.exitCode = 1;
} finally {
  await client.close(); // logs out: final on every node
  console.log("logged out");
}
