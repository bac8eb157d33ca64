import { AuthApi } from "../../gen/io/deephaven/proto/auth/grpc/auth_service_pb.js";
import { AuthService } from "../../gen/sallyport/v1/auth_service_pb.js";
import type { ServicesConfig } from "./own-config.js";

/** Is this canonical path a procedure that the gateway answers itself? Exactly: never by its last segments. */
export function createIsProcedure({ deephavenEnterprise }: ServicesConfig): (path: string) => boolean {
  const services = deephavenEnterprise === undefined ? [AuthService] : [AuthService, AuthApi];
  const procedures = new Set(
    services.flatMap(({ typeName, methods }) => methods.map(({ name }) => `/${typeName}/${name}`)),
  );
  return (path) => procedures.has(path);
}
