import assert from "node:assert/strict";
import { createHmac, randomBytes } from "node:crypto";
import { test } from "node:test";
import { createHmacSha256 } from "../src/hmac.js";

/** RFC 4231 §4.2 to §4.8, without the truncated one. */
const vectors: readonly (readonly [key: string, data: string, mac: string])[] = [
  ["0b".repeat(20), "4869205468657265", "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7"],
  [
    "4a656665",
    "7768617420646f2079612077616e7420666f72206e6f7468696e673f",
    "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843",
  ],
  ["aa".repeat(20), "dd".repeat(50), "773ea91e36800e46854db8ebd09181a72959098b3ef8c122d9635514ced565fe"],
  [
    "0102030405060708090a0b0c0d0e0f10111213141516171819",
    "cd".repeat(50),
    "82558a389a443c0ea4cc819899f2083a85f0faa3e578f8077a2e3ff46729665b",
  ],
  [
    "aa".repeat(131),
    Buffer.from("Test Using Larger Than Block-Size Key - Hash Key First").toString("hex"),
    "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54",
  ],
];

for (const [index, [key, data, mac]] of vectors.entries()) {
  test(`RFC 4231, vector ${index + 1}`, () => {
    assert.equal(createHmacSha256(Buffer.from(key, "hex"))(Buffer.from(data, "hex")).toString("hex"), mac);
  });
}

test("one key makes the MACs of node:crypto for inputs of any length, in any order", () => {
  for (const keyBytes of [0, 1, 32, 63, 64, 65, 200]) {
    const key = randomBytes(keyBytes);
    const mac = createHmacSha256(key);
    for (const bytes of [0, 1, 27, 28, 55, 56, 63, 64, 65, 1_000, 8_192, 3]) {
      const input = randomBytes(bytes);
      assert.deepEqual(mac(input), createHmac("sha256", key).update(input).digest(), `${keyBytes} ${bytes}`);
    }
  }
});
