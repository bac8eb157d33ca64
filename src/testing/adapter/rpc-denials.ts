import type { Answer } from "./client.js";

const grpcMessage = "Log in, 100 %25 please: Gr%C3%BC%C3%9Fe";

const grpcTrailers = `^ {2}<80><00><00><00>.+grpc-status: 16<0d><0a>grpc-message: ${grpcMessage}<0d><0a>sallyport-reason: no_credentials<0d><0a>www-authenticate: Bearer`;

/** The pattern of a `no_credentials` denial by content type: see `showDenial`. */
export const rpcDenials: readonly (readonly [contentType: string, pattern: RegExp])[] = [
  ["application/grpc", new RegExp(`^16 ${grpcMessage} $`)],
  ["application/grpc+proto", new RegExp(`^16 ${grpcMessage} $`)],
  ["application/grpc-web+proto", new RegExp(grpcTrailers)],
  ["application/grpc-web-text", new RegExp(grpcTrailers)],
  ["application/connect+json", /^ {2}<02><00><00>.+\{"error":\{"code":"unauth.*"sallyport-reason":\["no_cred/],
  ["application/connect+proto", /^ {2}<02><00><00>.+\{"error".*"www-authenticate":\["Bearer [^\]]*","Basic /],
];

/** Formats status, message and body in one line. */
export function showDenial(contentType: string, { headers, body }: Answer): string {
  const bytes = contentType.includes("text") ? Buffer.from(body.toString(), "base64") : body;
  return `${headers["grpc-status"] ?? ""} ${headers["grpc-message"] ?? ""} ${show(bytes)}`;
}

/** Formats bytes, those that are not printable ASCII as `<xx>`. */
function show(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) =>
    byte < 0x20 || byte > 0x7e ? `<${byte.toString(16).padStart(2, "0")}>` : String.fromCharCode(byte),
  ).join("");
}
