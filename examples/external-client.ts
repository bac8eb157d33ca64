// The program that waits for `external.ts`.
import { AuthClient, createExternalLink } from "sallyport/client";

const [, , baseUrl = "http://127.0.0.1:8080"] = process.argv;
const client = new AuthClient({ baseUrl });
const { key, link, code } = await createExternalLink(`${baseUrl}/external`);
console.log(`Open ${link}\nand go on if it shows the code ${code}`);
const caller = await client.external(key);
console.log(`logged in as ${caller?.identity?.subject}`);
await client.close();
