/** @file Patterns as JSON: a list of them, each a list (of lists) of numbers, true and false, or a text of bits; or named lists. */
import { InputError } from '../../src/errors.ts';
import { parseJson } from '../../src/json.ts';
import type { Bytes } from './bytes.ts';
import { chosen, shownName } from './named.ts';
import type { Patterns } from './patterns.ts';
import { listed, textOf } from './text.ts';

/** @throws InputError naming the pattern that is wrong */
export function jsonPatterns(label: string, bytes: Bytes, asked: string | undefined): Patterns {
  const value = parseJson(textOf(label, bytes), label);
  if (Array.isArray(value)) {
    if (asked !== undefined) throw new InputError(`${label}: is one list, so there is no "${asked}" in it`);
    return patternsOf(label, value);
  }
  if (typeof value !== 'object' || value === null)
    throw new InputError(`${label}: expected a JSON list of patterns, each a list of numbers`);
  const { name, list } = chosen(label, listsIn(value), asked);
  return patternsOf(`${label}#${shownName(name)}`, list);
}

/** Names and shapes of the lists in an object. @throws InputError where it is no JSON */
export const jsonNames = (label: string, bytes: Bytes) => listsIn(parseJson(textOf(label, bytes), label));

function listsIn(value: unknown) {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return [];
  return Object.entries(value).flatMap(([name, list]) =>
    Array.isArray(list) ? [{ name, list: list as unknown[], shape: shapeOf(list) }] : [],
  );
}

function patternsOf(label: string, list: unknown[]): Patterns {
  if (list.length === 0) throw new InputError(`${label}: holds no patterns`);
  const texts = list.every((one) => typeof one === 'string' && /^[01]+$/.test(one));
  const patterns = texts ? list.map((one) => Array.from(one as string, Number)) : list;
  const shape = shapeOf(patterns[0]);
  const rows = patterns.map((pattern, i) => {
    const where = `${label}: pattern ${i + 1}`;
    if (!Array.isArray(pattern))
      throw new InputError(`${where} is ${shown(pattern)}, expected a list of numbers`);
    const found = shapeOf(pattern);
    if (found.join() !== shape.join())
      throw new InputError(
        `${where} has shape [${found.join(', ')}], expected [${shape.join(', ')}] as the first`,
      );
    const row: number[] = [];
    flatten(pattern, shape, where, row);
    return row;
  });
  return listed(label, rows, texts ? 1 : undefined, shape);
}

/** As far as first items are lists. */
function shapeOf(value: unknown): number[] {
  return Array.isArray(value) ? [value.length, ...shapeOf(value[0])] : [];
}

function flatten(list: unknown[], shape: number[], where: string, into: number[]): void {
  if (list.length !== shape[0])
    throw new InputError(`${where} has a list of ${list.length}, expected ${shape[0]}`);
  for (const item of list) {
    if (shape.length > 1) {
      if (!Array.isArray(item)) throw new InputError(`${where} holds ${shown(item)}, expected a list`);
      flatten(item, shape.slice(1), where, into);
    } else if (typeof item === 'boolean') into.push(Number(item));
    else if (typeof item === 'number') into.push(item);
    else throw new InputError(`${where}: value ${into.length + 1} is ${shown(item)}, expected a number`);
  }
}

const shown = (value: unknown) => String(JSON.stringify(value)).slice(0, 40);
