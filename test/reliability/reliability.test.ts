import { test } from "node:test";
import { describePlay } from "./describe-play.js";
import { quickPace } from "./pace.js";

test("a bad night, in short", (t) => describePlay(t, quickPace));
