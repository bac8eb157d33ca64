import { list, mapOf, path, type RawList, type RawMap, type Schema, text } from "./schema.js";

export const schemeName: Schema<string> = {
  pattern: "^[!#$%&'*+.^_`|~0-9A-Za-z-]+$",
  title: "a scheme (RFC 9110 §5.6.2)",
};

export const plainName: Schema = {
  pattern: "^[A-Za-z0-9][A-Za-z0-9._-]*$",
  title: "a name of letters, digits and . _ -",
};

export const scheme: Schema<string> = { type: "string", ...schemeName };

const role: Schema<string> = {
  type: "string",
  pattern: "^[\\w.@/-]+$",
  title: "a role: letters, digits and any of _ . @ / -",
};

export const roles = (description: string): Schema<RawList<string>> =>
  list(role, "a list of roles, such as [user]", description);

/**
 * Makes the schema of the roles that each group gives.
 *
 * @param name the schema of the name of a group
 */
export const rolesByGroup = (name: Schema, description: string): Schema<RawMap<RawList<string>>> =>
  mapOf(roles("The roles that this group gives."), name, "an object with a list of roles for each group", description);

export const subjects = (description: string): Schema<RawList<string>> =>
  list(text("a subject", "A subject."), "a list of subjects, such as [ada]", description);

/** A secret: its text, after `${…}` was replaced, or a file that holds it. */
export type RawSecret = string | { readonly file?: string };

/** Makes the schema of a secret, for `readSecret`. */
export const secret = (note: string): Schema<RawSecret> => ({
  type: ["string", "object"],
  title: `a secret: \${NAME} of the environment, or { file: PATH }`,
  description: `${note} \`\${NAME}\` takes it from the environment, \`{ file: PATH }\` from a file that only its owner can read.`,
  minLength: 1,
  properties: { file: path("A file with the secret and nothing else; a newline at its end does not count.") },
  required: ["file"],
  additionalProperties: false,
});
