/** A token as a client sees it: session and generation are right, the MAC is not. */
export function makeToken(session: number, generation: number, fill = 0xab): string {
  const bytes = Buffer.alloc(60, fill);
  bytes.writeUInt8(1, 0);
  bytes.writeUInt16BE(7, 1);
  bytes.fill(session, 3, 19);
  bytes.writeUInt32BE(generation, 19);
  return `sps_${bytes.toString("base64url")}`;
}
