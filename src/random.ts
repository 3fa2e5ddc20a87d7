/** @file Named, seeded random streams (seedrandom). Every random choice in ebmm comes from one of these. */
import seedrandom from 'seedrandom';
import { check, kind, listOf, whole } from './arguments.ts';
import { LARGEST } from './shapes.ts';

export const SEED = kind(
  'a finite number or text',
  (value) => typeof value === 'string' || Number.isFinite(value),
);
const PATH = listOf(SEED);
/** As many as 32 bits tell apart. */
const MOST = 2 ** 32;
const COUNT = whole(1, MOST);
const SIZE = whole(0, LARGEST);

/** A source of random numbers. The same seed and path give the same numbers on every machine. */
export interface Random {
  /** Uniform in [0, 1), 32 bits of resolution. */
  uniform(): number;
  /** Standard normal, by the Box-Muller transform. */
  normal(): number;
  /** Uniform integer in [0, n). */
  integer(n: number): number;
  /** Zero or one with equal probability. */
  bit(): 0 | 1;
  /** A uniformly random permutation of 0 ... n - 1 (Fisher-Yates). */
  permutation(n: number): Uint32Array;
}

/**
 * The stream named by a seed and a path, for instance `stream(0, 'episode', 17)`. Streams of different paths are
 * independent, so drawing more from one never shifts another.
 */
export function stream(seed: number | string, ...path: (string | number)[]): Random {
  check('stream', { seed: [seed, SEED], path: [path, PATH] });
  const generator = seedrandom([seed, ...path].join('/'));
  const uniform = () => generator.int32() / 4294967296 + 0.5;
  let spare: number | undefined;
  let bits = 0;
  let bitsLeft = 0;
  const integer = (n: number) => {
    if (!(Number.isInteger(n) && n >= 1 && n <= MOST)) check('integer', { n: [n, COUNT] });
    return Math.floor(uniform() * n);
  };
  return {
    uniform,
    normal() {
      if (spare !== undefined) {
        const value = spare;
        spare = undefined;
        return value;
      }
      const radius = Math.sqrt(-2 * Math.log(1 - uniform()));
      const angle = 2 * Math.PI * uniform();
      spare = radius * Math.sin(angle);
      return radius * Math.cos(angle);
    },
    integer,
    bit() {
      if (bitsLeft === 0) {
        bits = generator.int32();
        bitsLeft = 32;
      }
      const bit = (bits & 1) as 0 | 1;
      bits >>>= 1;
      bitsLeft--;
      return bit;
    },
    permutation(n) {
      check('permutation', { n: [n, SIZE] });
      const order = Uint32Array.from({ length: n }, (_, i) => i);
      for (let i = n - 1; i > 0; i--) {
        const j = integer(i + 1);
        [order[i], order[j]] = [order[j], order[i]];
      }
      return order;
    },
  };
}
