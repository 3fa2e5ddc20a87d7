/** @file Numbers that left: storing or recalling that ended in NaN or infinity is an error, not an answer. */
import { InputError } from '../errors.ts';

/** Storing or recalling diverged. `tensor` says what was not finite first, `step` after which step, where that is known. */
export class DivergedError extends InputError {
  override name = 'DivergedError';
  readonly tensor: string;
  readonly step?: number;

  constructor(message: string, tensor: string, step?: number) {
    super(message);
    this.tensor = tensor;
    this.step = step;
  }
}

/** Index of the first value that is not finite; -1 when all are. */
export function notFinite(values: ArrayLike<number | boolean | string>): number {
  for (let i = 0; i < values.length; i++) if (!Number.isFinite(Number(values[i]))) return i;
  return -1;
}

/**
 * @param values what a memory recalled
 * @throws DivergedError when one is not finite
 */
export function checkRecalled<T extends ArrayLike<number>>(
  memory: string,
  values: T,
  energies: readonly ArrayLike<number>[] = [],
): T {
  if (notFinite(values) >= 0)
    throw new DivergedError(`${memory}: recall diverged: what is recalled is not finite`, 'recalled');
  const step = energies.findIndex((energy) => notFinite(energy) >= 0);
  if (step >= 0)
    throw new DivergedError(
      `${memory}: recall diverged: the energy is not finite after step ${step}`,
      'energy',
      step,
    );
  return values;
}
