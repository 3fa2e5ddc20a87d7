/** @file One of the arrays in a file that has several: the one that is asked for, or the only one that can be patterns. */
import { InputError } from '../../src/errors.ts';
import { printable } from '../../src/printable.ts';

export interface Named {
  name: string;
  /** Undefined where it cannot be told without reading it all. */
  shape?: readonly number[];
}

/** A name out of a file, which may hold anything: on one line. */
export const shownName = (name: string) => printable(name).replace(/\s+/g, ' ');

/**
 * @param asked after `#` or in task.array
 * @throws InputError with the names that there are
 */
export function chosen<T extends Named>(label: string, arrays: T[], asked: string | undefined): T {
  const said = ({ name, shape }: T) => shownName(name) + (shape ? ` [${shape.join(', ')}]` : '');
  const list = arrays.slice(0, 20).map(said).join(', ') + (arrays.length > 20 ? ' and more' : '');
  if (arrays.length === 0) throw new InputError(`${label}: holds no arrays`);
  if (asked !== undefined) {
    const found = arrays.find(({ name }) => name === asked);
    if (found) return found;
    throw new InputError(`${label}: has no array "${asked}"; there are ${list}`);
  }
  // Of one axis are labels and the like.
  const possible = arrays.length === 1 ? arrays : arrays.filter(({ shape }) => !shape || shape.length >= 2);
  if (possible.length === 1) return possible[0];
  throw new InputError(`${label}: which array? Name one as ${label}#NAME, or in task.array: ${list}`);
}
