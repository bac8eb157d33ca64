/**
 * Decodes `grpc-message` (gRPC over HTTP/2, "Percent-Byte-Encoded"). A percent sign that begins no octet stands for itself,
 * and bytes that are not UTF-8 become U+FFFD: a message may be spoilt, an error may not be lost over it.
 *
 * @param value one character for each byte
 */
export function decodeGrpcMessage(value: string): string {
  const bytes = value.replace(/%([0-9A-Fa-f]{2})/g, (_, octet: string) =>
    String.fromCharCode(Number.parseInt(octet, 16)),
  );
  return Buffer.from(bytes, "latin1").toString("utf8");
}
