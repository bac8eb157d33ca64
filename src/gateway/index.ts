export type { AddressConfig, GatewayConfig } from "./config.js";
export { type ConfigFault, toFaultText } from "./config-document.js";
export { configSchema } from "./config-schema.js";
export { type ExplainOptions, type Explanation, explainRequest } from "./explain.js";
export { type Gateway, type GatewayOptions, type RestartPart, startGateway } from "./gateway.js";
export { loadConfig, type ParseConfigOptions, type ParsedConfig, parseConfig } from "./parse-config.js";
export { parseRawRequest, type RawRequest } from "./raw-request.js";
export { type Served, type ServeFileOptions, serveFile } from "./serve-file.js";
