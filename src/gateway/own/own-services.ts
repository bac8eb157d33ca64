import type { DescService } from "@bufbuild/protobuf";
import { FlightService } from "../../gen/arrow/flight/protocol/flight_pb.js";
import { Health } from "../../gen/grpc/health/v1/health_pb.js";
import { ServerReflection } from "../../gen/grpc/reflection/v1/reflection_pb.js";
import { ServerReflection as ServerReflectionAlpha } from "../../gen/grpc/reflection/v1alpha/reflection_pb.js";
import { AuthApi } from "../../gen/io/deephaven/proto/auth/grpc/auth_service_pb.js";
import { ConfigService } from "../../gen/io/deephaven/proto/backplane/grpc/config_pb.js";
import { SessionService } from "../../gen/io/deephaven/proto/backplane/grpc/session_pb.js";
import { AuthService } from "../../gen/sallyport/v1/auth_service_pb.js";
import type { ServicesConfig } from "./own-config.js";

/** Returns the services that the gateway answers itself, for health checks and reflection. */
export function ownServicesOf(config: ServicesConfig): readonly DescService[] {
  return [
    AuthService,
    ...(config.deephavenEnterprise ? [AuthApi] : []),
    ...(config.flight ? [FlightService] : []),
    ...(config.deephavenCore ? [ConfigService, SessionService] : []),
    ...(config.health ? [Health] : []),
    ...(config.reflection ? [ServerReflection, ServerReflectionAlpha] : []),
  ];
}
