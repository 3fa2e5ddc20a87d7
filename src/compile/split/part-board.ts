/**
 * @file What threads share that compute the parts of a batch, each as many as it gets to, in one call: which part is the next, the values of all
 * pieces, and the results of all, which nobody adds up before their order is known.
 */
import { type Dtype, toValues } from '../graph/graph.ts';
import type { NamedValues } from '../program/engine.ts';
import type { Image } from '../program/program-memory.ts';
import type { Cut } from './split.ts';

const NUMBER_BYTES = 4;
/** Bytes of the next part, of how many there are (64 bits each; who takes one adds 1 to the first at once), and from where on numbers lie. */
export const [NEXT_AT, COUNT_AT, NUMBERS_AT] = [0, 8, 64];

/** Numbers that lie in the memory of the program, and those of all pieces or parts one after the other. */
export interface Piece {
  name: string;
  /** In the program's memory, in bytes. */
  from: number;
  bytes: number;
  /** Of the first piece or part, on the board, in bytes. */
  at: number;
}

/** Where everything lies. */
export interface BoardPlan {
  /** Of every piece. */
  inputs: Piece[];
  /** Of every part; cleared before its first piece, where there are several. */
  sums: Piece[];
  /** Of every piece. */
  stacked: Piece[];
  /** Pieces of a part. */
  pieces: number;
  bytes: number;
}

/**
 * @param batch inputs of which every piece has its own
 * @param added outputs that are added up over the pieces of a part; the others are stacked
 */
export function boardPlan(
  { inputs, outputs }: Image,
  batch: readonly string[],
  added: readonly string[],
  { parts, pieces }: Cut,
): BoardPlan {
  let bytes = NUMBERS_AT;
  const placed = (ports: Image['inputs'], count: number): Piece[] =>
    ports.map(({ name, from, size }) => {
      const piece = { name, from: from * NUMBER_BYTES, bytes: size * NUMBER_BYTES, at: bytes };
      bytes += count * piece.bytes;
      return piece;
    });
  const all = parts * pieces;
  return {
    inputs: placed(inputs.filter(({ name }) => batch.includes(name)), all), // biome-ignore format: one line each
    sums: placed(outputs.filter(({ name }) => added.includes(name)), parts), // biome-ignore format: one line each
    stacked: placed(outputs.filter(({ name }) => !added.includes(name)), all), // biome-ignore format: one line each
    pieces,
    bytes,
  };
}

/** The board, for who hands out the parts. */
export class PartBoard {
  readonly #plan: BoardPlan;
  readonly #buffer: ArrayBufferLike;
  readonly #dtypes: Map<string, Dtype>;

  /** @param buffer of `plan.bytes` or more */
  constructor(plan: BoardPlan, { inputs }: Image, buffer: ArrayBufferLike) {
    this.#plan = plan;
    this.#buffer = buffer;
    this.#dtypes = new Map(inputs.map(({ name, dtype }) => [name, dtype]));
  }

  #numbers({ bytes, at }: Piece, count: number): Float32Array {
    return new Float32Array(this.#buffer, at, (count * bytes) / NUMBER_BYTES);
  }

  /** Before threads take parts. @throws Error where values are missing or too few */
  begin(values: NamedValues, parts: number): void {
    for (const input of this.#plan.inputs) {
      const numbers = this.#numbers(input, parts * this.#plan.pieces);
      const given = values[input.name];
      if (!given) throw new Error(`input "${input.name}" is missing`);
      if (given.length !== numbers.length)
        throw new Error(`input "${input.name}" has ${given.length} values instead of ${numbers.length}`);
      numbers.set(toValues(given, this.#dtypes.get(input.name) ?? 'float32'));
    }
    const set = (at: number, value: number) => (new BigUint64Array(this.#buffer, at, 1)[0] = BigInt(value));
    set(NEXT_AT, 0);
    set(COUNT_AT, parts);
  }

  /** Sums of the k-th part, where they lie: they change with the next call. */
  sums(k: number): NamedValues {
    return Object.fromEntries(this.#plan.sums.map((sum) => [sum.name, this.#numbers(sum, k + 1).subarray((k * sum.bytes) / NUMBER_BYTES)])); // biome-ignore format: one thought
  }

  /** Copies the stacked outputs of so many parts. */
  stacked(parts: number): NamedValues {
    return Object.fromEntries(this.#plan.stacked.map((output) => [output.name, this.#numbers(output, parts * this.#plan.pieces).slice()])); // biome-ignore format: one thought
  }

  /**
   * All parts, taken by threads.
   * @param threads ask each for as many parts as it gets to
   * @param take is handed the sums of each part, in their order
   * @returns the stacked outputs
   */
  async all(
    values: NamedValues,
    parts: number,
    threads: readonly (() => Promise<unknown>)[],
    take: (k: number, sums: NamedValues) => void,
  ): Promise<NamedValues> {
    this.begin(values, parts);
    const ended = await Promise.allSettled(threads.slice(0, parts).map((ask) => ask()));
    for (const end of ended) if (end.status === 'rejected') throw end.reason;
    for (let k = 0; k < parts; k++) take(k, this.sums(k));
    return this.stacked(parts);
  }
}
