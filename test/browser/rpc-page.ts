// What a page does with clients of connect-es, under the import map of page-server.ts: Connect by POST and GET, and gRPC-Web.
import { StringValueSchema } from "@bufbuild/protobuf/wkt";
import { ConnectError, createClient } from "@connectrpc/connect";
import { createConnectTransport, createGrpcWebTransport } from "@connectrpc/connect-web";
import { EchoService } from "../adapters/echo-service.js";

/** What a call of each kind came to. */
export interface RpcReport {
  readonly said: string;
  readonly header: string | null;
  readonly trailer: string | null;
  readonly counted: readonly string[];
  /** Code, message, detail. */
  readonly failed: readonly (string | number | undefined)[];
}

/** What a test may ask the page to do. */
export interface RpcTab {
  callAll(baseUrl: string, protocol: "connect" | "connect-get" | "grpc-web", authorization: string): Promise<RpcReport>;
}

const rpc: RpcTab = {
  async callAll(baseUrl, protocol, authorization) {
    const transport =
      protocol === "grpc-web"
        ? createGrpcWebTransport({ baseUrl })
        : createConnectTransport({ baseUrl, useBinaryFormat: true, useHttpGet: protocol === "connect-get" });
    const client = createClient(EchoService, transport);
    const headers = { authorization };
    let header: string | null = null;
    let trailer: string | null = null;
    const { value } = await client.say(
      { value: "héllo" },
      {
        headers,
        onHeader: (each) => {
          header = each.get("x-header");
        },
        onTrailer: (each) => {
          trailer = each.get("x-trailer");
        },
      },
    );
    const counted: string[] = [];
    for await (const each of client.count({ value: "3" }, { headers })) counted.push(each.value);
    const failed: RpcReport["failed"] = await client.fail({ value: "no" }, { headers }).then(
      () => [],
      (error: unknown) => {
        const failure = ConnectError.from(error);
        return [failure.code, failure.rawMessage, failure.findDetails(StringValueSchema)[0]?.value];
      },
    );
    return { said: value, header, trailer, counted, failed };
  },
};

Object.assign(globalThis, { rpc });
