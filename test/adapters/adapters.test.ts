import { describeAdapters } from "../../src/testing/adapter-suite.js";
import { expressCases, nodeCases } from "./servers.js";

describeAdapters({ nodeAuth: nodeCases, expressAuth: expressCases });
