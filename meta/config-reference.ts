/** @file The reference page of all keys of a configuration, made from the schema, so that it can never be out of step. */
import { configJsonSchema } from './config.ts';
import type { Description } from './config-messages.ts';

/** One key of a configuration. */
export interface KeyReference {
  /** Dotted, as for --set: "training.steps". */
  key: string;
  /** The task or network that has the key; undefined for a key of every configuration. */
  of?: string;
  meaning: string;
  /** Type and range in words. */
  values: string;
  /** As JSON; undefined for a key that must be given or may be absent. */
  default?: string;
  required: boolean;
  /** The paper's value, where the meaning ends with "(paper: VALUE)". */
  paper?: string;
}

const PAPER = / \(paper: ([^)]*)\)$/;

/** Every key, in the order of the schema. */
export function configKeys(schema: Description = configJsonSchema()): KeyReference[] {
  return keysOf(schema, []);
}

function keysOf(schema: Description, path: string[], of?: string): KeyReference[] {
  return Object.entries<Description>(schema.properties ?? {}).flatMap(([name, value]) => {
    const own = [...path, name];
    if (value.properties) return keysOf(value, own, of);
    const members: Description[] = value.oneOf ?? [];
    if (members.length > 0 && members.every((member) => member.properties?.name)) {
      return members.flatMap((member) => keysOf(member, own, member.properties.name.const));
    }
    if (of !== undefined && name === 'name') return [];
    const { description = '', default: value_ } = value;
    return {
      key: own.join('.'),
      of,
      meaning: description.replace(PAPER, ''),
      values: valuesOf(value),
      default: value_ === undefined ? undefined : JSON.stringify(value_),
      required: (schema.required ?? []).includes(name),
      paper: PAPER.exec(description)?.[1],
    };
  });
}

/** Type and range of a value in words. */
function valuesOf(value: Description): string {
  if (value.enum) return value.enum.map((v: unknown) => JSON.stringify(v)).join(', ');
  if ('const' in value) return JSON.stringify(value.const);
  if (value.anyOf) return value.anyOf.map(valuesOf).join(', or ');
  switch (value.type) {
    case 'integer':
      return `whole number${rangeOf(value)}`;
    case 'number':
      return `number${rangeOf(value)}`;
    case 'boolean':
      return 'true, false';
    case 'array':
      if (value.prefixItems) return `[${value.prefixItems.map(valuesOf).join('; ')}]`;
      return `list of: ${valuesOf(value.items)}`;
    case 'object':
      // A module, with its options.
      if (value.properties) return `{${Object.keys(value.properties).join(', ')}, ...}`;
      return `a ${valuesOf(value.additionalProperties)} for any of: ${valuesOf(value.propertyNames)}`;
    default:
      return 'text';
  }
}

function rangeOf({ minimum, maximum, exclusiveMinimum, exclusiveMaximum }: Description): string {
  const parts: string[] = [];
  if (minimum !== undefined && minimum > Number.MIN_SAFE_INTEGER) parts.push(`from ${minimum}`);
  if (exclusiveMinimum !== undefined) parts.push(`above ${exclusiveMinimum}`);
  if (maximum !== undefined && maximum < Number.MAX_SAFE_INTEGER) parts.push(`to ${maximum}`);
  if (exclusiveMaximum !== undefined) parts.push(`below ${exclusiveMaximum}`);
  return parts.length > 0 ? ` ${parts.join(' ')}` : '';
}

/** The page in Markdown. */
export function configReference(keys: KeyReference[] = configKeys()): string {
  const lines = [
    '# Keys of a configuration',
    '',
    'Made from the schema by `ebmm config --reference`; a test keeps this page in step with it. A configuration is a JSON',
    'object; `ebmm config PRESET` prints a complete one, `--set KEY=VALUE` changes a key. The paper is Bartunov et al. 2020;',
    'a dash: it has no such key or does not say.',
  ];
  const groups = new Map<string, KeyReference[]>();
  for (const key of keys) {
    const [top, ...rest] = key.key.split('.');
    const group = rest.length > 0 ? top : '';
    const title = key.of === undefined ? group : `${group}, name "${key.of}"`;
    groups.set(title, [...(groups.get(title) ?? []), key]);
  }
  for (const [title, own] of groups) {
    lines.push('', `## ${title || 'Every run'}`, '');
    const rows = own.map((k) => {
      const fallback = k.default === undefined ? (k.required ? 'must be given' : 'none') : `\`${k.default}\``;
      return [`\`${k.key}\``, k.meaning, k.values, fallback, k.paper ?? '-'];
    });
    lines.push(...markdownTable([['key', 'meaning', 'values', 'default', 'paper'], ...rows]));
  }
  return `${lines.join('\n')}\n`;
}

/** The first row is the head. */
function markdownTable(rows: string[][]): string[] {
  const cells = rows.map((row) => row.map((text) => text.replaceAll('|', '\\|')));
  const widths = cells[0].map((_, i) => Math.max(...cells.map((row) => row[i].length)));
  const line = (row: string[]) => `| ${row.map((text, i) => text.padEnd(widths[i])).join(' | ')} |`;
  const [head, ...body] = cells.map(line);
  return [head, line(widths.map((width) => '-'.repeat(width))), ...body];
}
