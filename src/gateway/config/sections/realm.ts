import { type Section, section } from "./section.js";

export const realmSection: Section<string> = section<string, string>(
  {
    type: "string",
    pattern: "^[\\x20-\\x7e]{1,128}$",
    title: "1 to 128 characters of visible ASCII and spaces",
    default: "sallyport",
    description:
      "Part of every token's MAC, so that no token is accepted by another deployment, and of every challenge.",
  },
  (raw = "sallyport") => raw,
);
