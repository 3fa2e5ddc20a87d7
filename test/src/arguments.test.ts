import { describe, expect, test } from 'vitest';
import {
  check,
  fields,
  type Kind,
  listOf,
  number,
  optional,
  record,
  text,
  whole,
} from '../../src/arguments.ts';

const told = (value: unknown, one: Kind) => {
  try {
    check('f', { x: [value, one] });
    return 'taken';
  } catch (error) {
    return (error as Error).message;
  }
};

describe('the first part that is wrong is told, by where it is', () => {
  const named = fields({ name: text, sizes: listOf(whole(1)) }, 'a thing');
  test.each<[unknown, Kind, string]>([
    [[1, 2], listOf(number), 'taken'],
    [[], listOf(number), 'taken'],
    [[1, Number.NaN, 'a'], listOf(number), 'f: x[1] is NaN, expected a finite number'],
    [new Array(2), listOf(number), 'f: x[0] is undefined, expected a finite number'],
    [{ 0: 1 }, listOf(number), 'f: x is { 0: 1 }, expected a list'],
    [{ a: 1, b: null }, record(number), 'f: x.b is null, expected a finite number'],
    [[1], record(number), 'f: x is [1], expected an object'],
    [{ name: 'n', sizes: [3], more: 1 }, named, 'taken'],
    [{ sizes: [3] }, named, 'f: x.name is undefined, expected text (x is to be a thing)'],
    [
      { name: 'n', sizes: [3, 0] },
      named,
      'f: x.sizes[1] is 0, expected a whole number of at least 1 (x is to be a thing)',
    ],
    [{ a: [{ name: 1 }] }, record(listOf(named)), 'f: x.a[0].name is 1, expected text'],
    [undefined, optional(named), 'taken'],
    [null, optional(named), 'f: x is null, expected a thing'],
  ])('%j', (value, one, message) => {
    expect(told(value, one)).toBe(message);
  });
});
