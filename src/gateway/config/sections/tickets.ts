import type { TicketsConfig } from "../../own/own-config.js";
import { itemsOfEach } from "../read-context.js";
import { choice, mapOf, object } from "../schema.js";
import { subjects } from "../shared-schemas.js";
import { type Section, section } from "./section.js";

/** One-time tickets. */
export const ticketsSection: Section<TicketsConfig> = section(
  object(
    {
      services: mapOf(
        subjects("The subjects that may redeem tickets for this service."),
        { pattern: "^[^\\p{Cc}]{1,256}$", title: "the name of a service" },
        "an object with a list of subjects for each service",
        "The callers of each service. Default: each caller redeems tickets for the service of its own name.",
      ),
      onMisuse: choice(
        ["alarm", "revoke"],
        "alarm",
        "What to do when a ticket is redeemed twice, or by the wrong service: report it, or also end its session.",
      ),
    },
    [],
    "One-time tickets.",
  ),
  (raw = {}) => {
    const services = raw.services && new Map(Object.entries(itemsOfEach(raw.services)));
    return Object.freeze({ services, onMisuse: raw.onMisuse ?? "alarm" });
  },
);
