import { AuthService } from "../gen/sallyport/v1/auth_service_pb.js";

const procedures: ReadonlySet<string> = new Set(
  AuthService.methods.map((method) => `/${AuthService.typeName}/${method.name}`),
);

/** Is this canonical path a procedure that the gateway answers itself? Exactly: never by its last segments. */
export function isProcedure(path: string): boolean {
  return procedures.has(path);
}
