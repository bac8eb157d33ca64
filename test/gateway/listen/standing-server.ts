// Listeners in a process of their own, which a test can stop and continue. Argument: `headersTimeoutMs`.
import { startListeners } from "./listeners-world.js";

const world = await startListeners({
  headersTimeoutMs: Number(process.argv[2]),
  handlers: {
    request(request, response) {
      request.resume().on("end", () => response.end("whole"));
    },
  },
});
process.on("disconnect", () => process.exit());
process.send?.(world.port);
