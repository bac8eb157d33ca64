import { configSchema } from "./config.js";
import type { Schema } from "./schema.js";

const intro = `# Configuration

*Made from \`src/gateway/config/config.ts\` by \`npm run generate\`; do not edit.*

YAML 1.2, read strictly: unknown and duplicate keys, anchors, aliases and tags are errors. \`sallyport check\` names every
fault with its line and what to do about it. [The gateway](gateway.md) has examples.

- A **duration** has its unit: \`500ms\`, \`30s\`, \`5m\`, \`12h\`, \`7d\`.
- A **path** of a file is relative to the configuration.
- \`\${NAME}\` in any value is replaced by that variable of the environment; \`$\${\` stands for \`\${\` itself.
- For completion in an editor, begin the file with
  \`# yaml-language-server: $schema=node_modules/sallyport/gate.schema.json\`.
`;

/**
 * Returns the text of `docs/configuration.md`: each setting with its meaning, its default, and whether it is needed.
 */
export function toReference(): string {
  const sections = Object.entries(configSchema.properties ?? {}).map(([name, schema]) => toSection(name, schema));
  return [intro, ...sections].join("\n");
}

/** Returns the text of `gate.schema.json`, for editors. */
export function toSchemaFile(): string {
  return `${JSON.stringify(configSchema, null, 2)}\n`;
}

function toSection(name: string, schema: Schema): string {
  const required = configSchema.required?.includes(name) === true;
  const all = toRows(name, schema, required);
  // The heading replaces the first row of a group.
  const rows = all.length > 1 ? all.slice(1) : all;
  const table = ["| setting | is | default |", "|---|---|---|", ...rows];
  return `## \`${name}\`\n\n${schema.description ?? ""}${required ? " **Needed.**" : ""}\n\n${table.join("\n")}\n`;
}

/** Returns a row for the setting itself, and rows for all settings in it. */
function toRows(path: string, schema: Schema, required: boolean): string[] {
  const { properties, additionalProperties, items } = schema;
  if (items !== undefined && items.type === "object") return toRows(`${path}[]`, items, required);
  const description = (schema.description ?? "").replaceAll("|", "\\|");
  // Said once, above all tables.
  const form =
    schema.type === "string" && /^a (path$|duration)/.test(schema.title ?? "")
      ? ""
      : (schema.title ?? "").replaceAll("|", "\\|");
  const own = `| \`${path}\` | ${description}${isGroup(schema) || form === "" ? "" : ` *Must be ${form}.*`} | ${toDefault(schema, required)} |`;
  const inner = [
    ...Object.entries(properties ?? {}).flatMap(([name, property]) =>
      toRows(`${path}.${name}`, property, schema.required?.includes(name) === true && schema.type === "object"),
    ),
    ...(additionalProperties ? toRows(`${path}.<name>`, additionalProperties, false) : []),
  ];
  return [own, ...inner];
}

function isGroup({ properties, additionalProperties, type }: Schema): boolean {
  return type === "object" && (properties !== undefined || Boolean(additionalProperties));
}

function toDefault({ default: value }: Schema, required: boolean): string {
  if (required) return "**needed**";
  return value === undefined ? "" : `\`${String(value)}\``;
}
