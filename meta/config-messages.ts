/** @file What is said of a configuration that is wrong: one line, with the key. */
import type { z } from 'zod';
import { asJson } from '../src/arguments.ts';
import { nearest } from '../src/nearest.ts';

// biome-ignore lint/suspicious/noExplicitAny: walks zod's own description of the schema
export type Description = any;

type Issue = z.core.$ZodIssue;

/**
 * What is wrong, in one line: the key and, for a misspelt key, the right one.
 * @param described the JSON Schema of the configuration
 */
export function explain(issue: Issue, value: unknown, described: Description): string {
  const key = issue.path.join('.') || 'the configuration';
  if (issue.code === 'unrecognized_keys') {
    const wrong = issue.keys[0];
    const full = [...issue.path, wrong].join('.');
    const near = nearest(wrong, keysAt(issue.path, value, described));
    return `unknown key "${full}"${near ? `; did you mean "${near}"?` : ''}`;
  }
  if (issue.code === 'invalid_union' && issue.path.at(-1) === 'name') {
    const options = (issue as { options?: unknown[] }).options ?? [];
    return `${key} is ${asJson(lookUp(issue.path, value))}, expected one of ${options.join(', ') || namesAt(issue.path, described)}`;
  }
  const given = lookUp(issue.path, value);
  return `${key} is ${given === undefined ? 'missing' : asJson(given)}: ${decapitalise(issue.message)}`;
}

const decapitalise = (text: string) => text.charAt(0).toLowerCase() + text.slice(1);

function lookUp(path: readonly PropertyKey[], value: unknown): unknown {
  return path.reduce<unknown>((at, key) => (at as Record<PropertyKey, unknown> | undefined)?.[key], value);
}

/** The keys that the schema has where `path` leads, for the union member that `value` names. */
function keysAt(path: readonly PropertyKey[], value: unknown, described: Description): string[] {
  return Object.keys(branchAt(path, value, described)?.properties ?? {});
}

function namesAt(path: readonly PropertyKey[], described: Description): string {
  let at = described;
  for (const key of path.slice(0, -1)) at = at?.properties?.[key];
  const members: Description[] = at?.oneOf ?? at?.anyOf ?? [];
  return members.map((m) => m.properties.name.const).join(', ');
}

function branchAt(path: readonly PropertyKey[], value: unknown, described: Description): Description {
  let at = described;
  let here: unknown = value;
  for (const key of path) {
    at = at?.properties?.[key];
    here = (here as Record<PropertyKey, unknown>)?.[key];
    const members: Description[] | undefined = at?.oneOf ?? at?.anyOf;
    if (members) {
      const name = (here as { name?: string })?.name;
      at = members.find((m) => m.properties?.name?.const === name) ?? at;
    }
  }
  return at;
}
