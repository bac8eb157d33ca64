import { test } from "node:test";
import { describePlay } from "./describe-play.js";
import { longPace } from "./pace.js";

// MINUTES is how long: RELIABILITY_MINUTES=60 npm run test:long
const minutes = Number(process.env.RELIABILITY_MINUTES ?? 10);

test(`a bad night of ${minutes} minutes`, (t) => describePlay(t, longPace(minutes * 60_000)));
