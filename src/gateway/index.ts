export { configSchema, type GatewayConfig } from "./config/config.js";
export { type ConfigFault, toFaultText } from "./config/document.js";
export { loadConfig, type ParseConfigOptions, type ParsedConfig, parseConfig } from "./config/parse-config.js";
export type { AddressConfig } from "./listen/listen-config.js";
export { type ExplainOptions, explainRequest } from "./run/explain.js";
export type { Explanation } from "./run/explanation.js";
export { type Gateway, type GatewayOptions, type RestartPart, startGateway } from "./run/gateway.js";
export { parseRawRequest, type RawRequest } from "./run/raw-request.js";
export { type Served, type ServeFileOptions, serveFile } from "./run/serve-file.js";
