import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { WebSocket } from "ws";
import { type RunningExample, runExample } from "./run-example.js";

let example: RunningExample;

describe("examples/web-socket", () => {
  before(async () => {
    example = await runExample("web-socket");
  });
  after(() => example.stop());

  async function call(method: string, message: object, token = ""): Promise<Record<string, string>> {
    const answer = await fetch(`${example.origin}/sallyport.v1.AuthService/${method}`, {
      method: "POST",
      headers: { "content-type": "application/json", ...(token !== "" && { authorization: `Bearer ${token}` }) },
      body: JSON.stringify(message),
    });
    return (await answer.json()) as Record<string, string>;
  }

  test("a ticket opens the chat once, as the account that it was issued for", async () => {
    const { token } = await call("LogIn", { password: { user: "ada", password: "correct-horse" } });
    const { ticket } = await call("IssueTicket", { service: "chat" }, token);
    const open = () => new WebSocket(`${example.origin}/chat`, ["chat.v1", `sallyport.ticket.${ticket}`]);
    const socket = open();
    const said = await new Promise((resolve, reject) => {
      socket.on("open", () => socket.send("hello")).on("error", reject);
      socket.on("message", (text) => resolve(`${text} by ${socket.protocol}`));
    });
    assert.equal(said, "ada: hello by chat.v1");
    socket.terminate();
    const refused = await new Promise<Error>((resolve) => open().on("error", resolve));
    assert.match(refused.message, /401/);
  });

  test("it stops when asked", async () => {
    assert.deepEqual(await example.stop(), [0, null]);
  });
});
