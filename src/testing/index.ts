/**
 * Suites to run, with `node:test`, on a store, a handler or an adapter of your own.
 *
 * @module
 */

export { serveSuiteRoutes } from "./adapter/routes.js";
export { type AdapterCase, type AdapterServer, describeAdapter, describeAdapters } from "./adapter/suite.js";
export { describeHandler, type HandlerSuiteOptions } from "./handler-suite.js";
export type { StoreSuiteOptions, StoreUnderTest } from "./store/context.js";
export { describeStore } from "./store/suite.js";
