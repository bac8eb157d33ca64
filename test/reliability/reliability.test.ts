import { test } from "node:test";
import { isFull } from "../size.js";
import { describePlay } from "./describe-play.js";
import { quickPace } from "./pace.js";

if (isFull) test("a bad night, in short", (t) => describePlay(t, quickPace));
