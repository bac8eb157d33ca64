import { memory } from "../../../stores/memory/memory.js";
import type { Schema } from "../schema.js";
import { type StoreKind, storeKind } from "./store-kind.js";

const schema: Schema<true> = {
  const: true,
  title: "true",
  description: "Sessions end with the process. For trying out.",
};

export const memoryKind: StoreKind<object> = storeKind({
  isShared: false,
  schema,
  read: () => ({}),
  open: (_config, platform) => memory({ platform }),
  look: () => "in memory: sessions end with the process",
  exists: () => false,
});
