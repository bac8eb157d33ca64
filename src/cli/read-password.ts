import { AuthError } from "../base/errors.js";
import { maxPasswordLength } from "../handlers/password/prepare-password.js";
import type { CliIo } from "./io.js";

/**
 * Reads a password: from the terminal, without echo and twice, or from a pipe. It is never an argument: those are in
 * the shell's history, and every user of the machine sees them in the list of processes.
 *
 * @throws {AuthError} `invalid_options` when the two differ, the input is too long, or the user stops it
 */
export async function readPassword(io: CliIo): Promise<string> {
  if (io.stdin.isTTY !== true) return readAll(io.stdin);
  const first = await ask(io, "Password: ");
  if (first === (await ask(io, "Once more: "))) return first;
  throw new AuthError("invalid_options", "the two passwords differ; nothing was made");
}

async function readAll(stdin: NodeJS.ReadableStream): Promise<string> {
  let text = "";
  for await (const chunk of stdin) {
    text += String(chunk);
    if (text.length > 4 * maxPasswordLength) throw new AuthError("invalid_options", "that is too long for a password");
  }
  return text.replace(/\r?\n$/, "");
}

function ask({ stdin, err }: CliIo, question: string): Promise<string> {
  return new Promise((resolve, reject) => {
    let typed = "";
    err(question);
    stdin.setRawMode?.(true);
    stdin.setEncoding("utf8");

    function finish(settle: () => void): void {
      stdin.off("data", onData);
      stdin.setRawMode?.(false);
      stdin.pause();
      err("\n");
      settle();
    }
    function onData(chunk: string | Buffer): void {
      for (const character of String(chunk)) {
        // In raw mode the terminal does not handle these: Enter, Ctrl-C, Ctrl-D, Backspace, Ctrl-U.
        if (character === "\r" || character === "\n") {
          finish(() => resolve(typed));
          return;
        }
        if (character === "\u0003" || character === "\u0004") {
          finish(() => reject(new AuthError("invalid_options", "stopped; nothing was made")));
          return;
        }
        if (character === "\u007f" || character === "\b") typed = [...typed].slice(0, -1).join("");
        else if (character === "\u0015") typed = "";
        else typed += character;
      }
    }
    stdin.on("data", onData);
    stdin.resume();
  });
}
