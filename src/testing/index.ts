/**
 * Suites for `node:test` that you run on your own store, handler or adapter.
 *
 * @module
 */

export { serveSuiteRoutes } from "./adapter/routes.js";
export { type AdapterCase, type AdapterServer, describeAdapter, describeAdapters } from "./adapter/suite.js";
export type { HandlerEdits } from "./handler-recheck.js";
export { describeHandler, type HandlerSuiteOptions } from "./handler-suite.js";
export type { StoreSuiteOptions, StoreUnderTest } from "./store/context.js";
export { describeStore } from "./store/suite.js";
