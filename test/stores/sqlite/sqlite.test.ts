import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { sqlite } from "../../../src/stores/sqlite/sqlite.js";
import { describeStore } from "../../../src/testing/store/suite.js";

describeStore("sqlite, a file", {
  clock: "platform",
  create(platform) {
    const folder = mkdtempSync(join(tmpdir(), "sallyport-"));
    const open = () => sqlite(join(folder, "sessions.db"), { platform, pollMs: 5 });
    return { store: open(), again: open, close: () => rmSync(folder, { recursive: true }) };
  },
});

describeStore("sqlite, in memory", {
  clock: "platform",
  create: (platform) => ({ store: sqlite(":memory:", { platform, pollMs: 5 }) }),
});

describeStore("sqlite, judged as a store with a clock of its own", {
  create: () => ({ store: sqlite(":memory:", { pollMs: 5 }) }),
});
