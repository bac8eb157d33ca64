import { test } from "node:test";
import { reloadUnderLoad } from "./reload-under-load.js";

test("under load, a reload every 100 ms: no failed request (600 reloads)", (t) => reloadUnderLoad(t, 600));
