import type { ServicesConfig } from "../../../own/own-config.js";
import { type Parts, readParts, schemasOf } from "../../part.js";
import { object } from "../../schema.js";
import { type Section, type SectionContext, section } from "../section.js";
import { corePart } from "./deephaven-core.js";
import { enterprisePart } from "./deephaven-enterprise.js";
import { flightPart } from "./flight.js";
import { forwardAuthPart } from "./forward-auth.js";
import { healthPart, reflectionPart } from "./health.js";

const services: Parts<ServicesConfig, SectionContext> = {
  flight: flightPart,
  deephavenCore: corePart,
  deephavenEnterprise: enterprisePart,
  forwardAuth: forwardAuthPart,
  health: healthPart,
  reflection: reflectionPart,
};

/** The services that the gateway answers itself, beside `sallyport.v1.AuthService`. */
export const servicesSection: Section<ServicesConfig> = section(
  object(
    schemasOf(services),
    [],
    "Services that the gateway answers itself, beside `sallyport.v1.AuthService`. Default: none.",
  ),
  (raw = {}, path, context) => readParts(services, raw, path, context),
);
