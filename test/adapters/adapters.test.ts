import { describeAdapters } from "../../src/testing/adapter/suite.js";
import { adapters } from "./servers.js";

describeAdapters(adapters);
