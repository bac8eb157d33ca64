// A page opens a WebSocket through the gateway by a one-time ticket: a browser can set no header of a WebSocket.
//
//   node dist/examples/web-socket.js
//   and open http://127.0.0.1:8080 in a browser: the chat knows who writes
//
// The page is plain JavaScript without a client of ours; `sallyport/client` has `toTicketProtocol` and follows rotation.
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { hashPassword, keyFile } from "sallyport";
import { serveFile } from "sallyport/gateway";
import { WebSocketServer } from "ws";

const page = `<!doctype html><title>chat</title>
<form><input name="user" value="ada"><input name="password" type="password" value="correct-horse"><button>Chat</button></form>
<pre></pre>
<script type="module">
  const call = async (method, message, token) => {
    const headers = { "content-type": "application/json", ...(token && { authorization: "Bearer " + token }) };
    const answer = await fetch("/sallyport.v1.AuthService/" + method, { method: "POST", headers, body: JSON.stringify(message) });
    if (!answer.ok) throw new Error((await answer.json()).message);
    return answer.json();
  };
  document.querySelector("form").onsubmit = async (event) => {
    event.preventDefault();
    const password = Object.fromEntries(new FormData(event.target));
    const { token } = await call("LogIn", { password });
    const { ticket } = await call("IssueTicket", { service: "chat" }, token);
    const socket = new WebSocket("/chat", ["chat.v1", "sallyport.ticket." + ticket]);
    socket.onopen = () => socket.send("hello");
    socket.onmessage = ({ data }) => (document.querySelector("pre").textContent += data + " by " + socket.protocol + "\\n");
  };
</script>`;

// The application: it never sees the ticket, and learns from the gateway who writes.
const server = createServer((_request, response) => response.setHeader("content-type", "text/html").end(page));
const sockets = new WebSocketServer({ server, handleProtocols: (offered) => offered.has("chat.v1") && "chat.v1" });
sockets.on("connection", (socket, request) => {
  const user = request.headers["x-sallyport-subject"];
  socket.on("message", (text) => socket.send(`${user}: ${text}`));
});
await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));

const folder = mkdtempSync(join(tmpdir(), "sallyport-chat-")); // mode 0700
const path = (name: string) => join(folder, name);
keyFile(path("keys.json"), { create: true });
writeFileSync(path("users"), `ada:${await hashPassword("correct-horse")}:user\n`, { mode: 0o600 });
writeFileSync(
  path("gate.yaml"),
  `realm: example
listen: [{ address: 127.0.0.1:${process.env.PORT ?? 8080} }]
keys: { file: ./keys.json }
store: { memory: true }
handlers: { Basic: { users: ./users } }
routes:
  - { match: { path: / , methods: [GET] }, anonymous: everything, upstream: app } # the page
  - { match: { path: /chat }, webSocketTicket: chat, upstream: app }
upstreams: { app: { url: "http://127.0.0.1:${(server.address() as AddressInfo).port}", identity: headers } }
`,
  { mode: 0o600 },
);

const { gateway, stop } = await serveFile(path("gate.yaml"));
console.log(`listening on http://127.0.0.1:${gateway.addresses()[0]?.port}: open it in a browser`);

for (const signal of ["SIGINT", "SIGTERM"] as const) {
  process.once(signal, async () => {
    for (const socket of sockets.clients) socket.terminate();
    await stop();
    server.close();
    rmSync(folder, { recursive: true });
    process.exit(0);
  });
}
