// Run as a worker of node:cluster by memory.test: says how memory() was received.
import { AuthError } from "../../../src/base/errors.js";
import { memory } from "../../../src/stores/memory/memory.js";

function attempt(): string {
  try {
    memory();
    return "made";
  } catch (error) {
    return error instanceof AuthError ? `${error.code}: ${error.message}` : String(error);
  }
}

process.send?.(attempt(), () => process.disconnect());
