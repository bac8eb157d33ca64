import { create } from "@bufbuild/protobuf";
import { type StringValue, StringValueSchema } from "@bufbuild/protobuf/wkt";
import { Code, ConnectError, type ConnectRouter, type HandlerContext } from "@connectrpc/connect";
import { TalkService } from "../../../services/talk-service.js";
import { bigHead } from "./serve-http.js";
import type { Stage } from "./stage.js";

const say = (value: string): StringValue => create(StringValueSchema, { value });
const refusal = (): ConnectError => new ConnectError("told", Code.FailedPrecondition, { "x-why": "because" });

/** Resolves when the call is over, however it ends, and says how. */
function end({ signal, requestHeader }: HandlerContext, stage: Stage): Promise<void> {
  return new Promise((resolve) => {
    signal.addEventListener("abort", () => {
      stage.saw(requestHeader.get("x-cell") ?? "", Code[ConnectError.from(signal.reason).code] as string);
      resolve();
    });
  });
}

/** What is done is the first message. */
export function talkRoutes(stage: Stage): (router: ConnectRouter) => void {
  return (router) =>
    router.service(TalkService, {
      async say({ value }, context) {
        context.responseHeader.set("x-came", context.requestHeader.get("x-asked") ?? "");
        context.responseTrailer.set("x-end", "last");
        if (value === "fail") throw refusal();
        if (value === "silent") await end(context, stage);
        if (value === "big head")
          for (const [name, long] of Object.entries(bigHead)) context.responseHeader.set(name, long);
        return say(value);
      },
      async *count({ value }, context) {
        context.responseTrailer.set("x-end", "last");
        const isOver = end(context, stage);
        yield say("1");
        if (value === "fail") throw refusal();
        if (value === "wait") await isOver;
        yield say("2");
        yield say("3");
      },
      async gather(messages, context) {
        void end(context, stage);
        const values: string[] = [];
        for await (const { value } of messages) {
          values.push(value);
          // The rest is not read.
          if (value === "early") throw new ConnectError("enough", Code.ResourceExhausted);
          stage.goOn();
        }
        return say(values.join("+"));
      },
      async *chat(messages) {
        for await (const message of messages) yield message;
      },
    });
}
