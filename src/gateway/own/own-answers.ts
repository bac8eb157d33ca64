import type { DescService } from "@bufbuild/protobuf";
import { externalPageNames } from "../../adapters/node/external-pages.js";
import { Authorization } from "../../gen/envoy/service/auth/v3/external_auth_pb.js";
import { Health } from "../../gen/grpc/health/v1/health_pb.js";
import { ServerReflection } from "../../gen/grpc/reflection/v1/reflection_pb.js";
import { ServerReflection as ServerReflectionAlpha } from "../../gen/grpc/reflection/v1alpha/reflection_pb.js";
import { AuthApi } from "../../gen/io/deephaven/proto/auth/grpc/auth_service_pb.js";
import { AuthService } from "../../gen/sallyport/v1/auth_service_pb.js";
import { deephavenCoreProcedures } from "../../services/flight/deephaven-core.js";
import { flightProcedures } from "../../services/flight/flight.js";
import { type ServicesConfig, takesQuestions } from "./own-config.js";

/** The server of the gateway that answers; see `createOwnServers`. */
export type OwnServer = "connect" | "grpc" | "health" | "pages";

/** An answer of the gateway itself, at a path. */
export interface OwnAnswer {
  readonly server: OwnServer;
  /** A description for operators, with the part of the configuration that asks for it. */
  readonly description: string;
  /** It is for people who look at it: no page of another origin may read it, whatever `cors` says. */
  readonly sameOrigin: boolean;
  /** It is there for HTTP/1.0 without `Host`, too, which names no host that a route could match. */
  readonly hostless: boolean;
}

/** The paths that the gateway answers itself, before any route. */
export interface OwnAnswers {
  /** Finds an answer by its exact canonical path. Other paths of a service or a folder are left to the routes. */
  find(path: string): OwnAnswer | undefined;
}

export interface OwnAnswersConfig {
  readonly services: ServicesConfig;
  /** The URL of the pages of browser log-ins, as browsers see it. */
  readonly pagesUrl: string | undefined;
}

/** Makes the list of the gateway's own answers, from the configuration alone: no service needs to run. */
export function createOwnAnswers({ services, pagesUrl }: OwnAnswersConfig): OwnAnswers {
  const { flight, deephavenCore, deephavenEnterprise, health, reflection } = services;
  const answers = new Map<string, OwnAnswer>();
  function add(paths: readonly string[], server: OwnServer, description: string): void {
    const sameOrigin = server === "pages" || server === "health";
    const answer = Object.freeze({ server, description, sameOrigin, hostless: server === "health" });
    for (const path of paths) answers.set(path, answer);
  }
  add(proceduresOf(AuthService), "connect", "a procedure of sallyport.v1.AuthService");
  if (deephavenEnterprise) add(proceduresOf(AuthApi), "connect", "the log-in of services.deephavenEnterprise");
  if (flight) add(flightProcedures, "grpc", "the handshake of services.flight");
  if (deephavenCore) add(deephavenCoreProcedures, "grpc", "a procedure of services.deephavenCore");
  if (health) add(proceduresOf(Health), "connect", "a health check of services.health");
  if (health?.path !== undefined) add([health.path], "health", "the health check of services.health");
  if (reflection) {
    for (const service of [ServerReflection, ServerReflectionAlpha])
      add(proceduresOf(service), "connect", "the description of services by services.reflection");
  }
  if (takesQuestions(services))
    add(proceduresOf(Authorization), "grpc", "the questions of Envoy, by services.forwardAuth");
  if (pagesUrl !== undefined) add(pagesAt(pagesUrl), "pages", "a page of the log-in in the browser");
  return Object.freeze({ find: (path: string) => answers.get(path) });
}

function proceduresOf({ typeName, methods }: DescService): string[] {
  return methods.map(({ name }) => `/${typeName}/${name}`);
}

function pagesAt(url: string): string[] {
  const prefix = new URL(url).pathname.replace(/\/$/, "");
  return externalPageNames.map((name) => prefix + name);
}
