/**
 * @file Recall by flipping bits, for any energy of bits: asynchronous (Hopfield 1982) and synchronous (Little 1974).
 */
import { stream } from '../random.ts';

/**
 * A network of d units -1/+1 that holds one state at a time, together with whatever makes a flip cheap (local fields or
 * overlaps). All rules of a network are in `wantsFlip`, all bookkeeping in `load` and `flip`.
 */
export interface BitNetwork {
  readonly d: number;
  /** Starts from `state` [d], entries -1/+1, which is kept and changed in place. */
  load(state: Int8Array): void;
  /** Whether unit i disagrees with its field. A tie (within rounding) is no disagreement: the unit keeps its value. */
  wantsFlip(i: number): boolean;
  /** Flips unit i of the state. */
  flip(i: number): void;
  /** Energy of the state. */
  energy(): number;
}

/**
 * `asynchronous`: one step is a sweep, in which every free unit is asked once, in random order, and flips at once.
 * `synchronous`: in one step all free units that disagree flip together.
 */
export const updates = ['asynchronous', 'synchronous'] as const;
export type Update = (typeof updates)[number];

export interface BitRecallOptions {
  /** [queries, d], nonzero where an entry is known; such units never flip. */
  known?: ArrayLike<number>;
  /** Default `asynchronous`. */
  update?: Update;
  /** Greatest number of steps, default 100. */
  steps?: number;
  /** Seed of the order within sweeps, default 0. */
  seed?: number;
}

export interface BitRecall {
  /** [queries, d], entries -1/+1. */
  states: Int8Array;
  /** energies[k][q]: energy of query q after k steps; a query that has stopped repeats its last energy. */
  energies: number[][];
  /** Most steps taken by any query, not counting the one that found nothing left to flip. */
  steps: number;
  /** Per query: whether no free unit disagrees. False for a 2-cycle of the synchronous update, where recall stops. */
  converged: boolean[];
}

export const defaultSteps = 100;

/**
 * Recalls from queries [queries, d] of -1/+1, which are not changed.
 *
 * The order of the k-th sweep is the k-th permutation of a stream named by the seed, the same for all queries: what a
 * query recalls does not depend on the others it is asked with.
 */
export function recallBits(
  network: BitNetwork,
  queries: Int8Array,
  options: BitRecallOptions = {},
): BitRecall {
  const { known, update = 'asynchronous', steps: limit = defaultSteps, seed = 0 } = options;
  const { d } = network;
  const states = queries.slice();
  const count = states.length / d;
  const order = sweepOrders(d, seed);
  const free = new Uint8Array(d);
  const traces: number[][] = [];
  const converged: boolean[] = [];
  for (let q = 0; q < count; q++) {
    for (let i = 0; i < d; i++) free[i] = known?.[q * d + i] ? 0 : 1;
    network.load(states.subarray(q * d, (q + 1) * d));
    const trace = [network.energy()];
    converged.push(
      update === 'asynchronous'
        ? sweep(network, free, order, limit, trace)
        : stepTogether(network, free, limit, trace),
    );
    traces.push(trace);
  }
  return { states, converged, ...alignTraces(traces) };
}

/** Sweeps until a fixed point or the limit; appends to the trace; returns whether it is a fixed point. */
function sweep(
  network: BitNetwork,
  free: Uint8Array,
  order: (sweep: number) => Uint32Array,
  limit: number,
  trace: number[],
): boolean {
  const { d } = network;
  for (let k = 0; k < limit; k++) {
    const units = order(k);
    let flips = 0;
    for (let n = 0; n < d; n++) {
      const i = units[n];
      if (free[i] === 1 && network.wantsFlip(i)) {
        network.flip(i);
        flips++;
      }
    }
    if (flips === 0) return true;
    trace.push(network.energy());
  }
  return disagreeing(network, free).length === 0;
}

/**
 * Steps all free units together until a fixed point, a 2-cycle or the limit. With symmetric weights the synchronous update
 * always ends in one of the first two (Goles, Fogelman and Pellegrin 1985). In a 2-cycle every step flips the same units.
 */
function stepTogether(network: BitNetwork, free: Uint8Array, limit: number, trace: number[]): boolean {
  let previous: number[] = [];
  for (let k = 0; k < limit; k++) {
    const units = disagreeing(network, free);
    if (units.length === 0) return true;
    if (units.length === previous.length && units.every((unit, n) => unit === previous[n])) return false;
    for (const unit of units) network.flip(unit);
    trace.push(network.energy());
    previous = units;
  }
  return disagreeing(network, free).length === 0;
}

function disagreeing(network: BitNetwork, free: Uint8Array): number[] {
  const units: number[] = [];
  for (let i = 0; i < network.d; i++) if (free[i] === 1 && network.wantsFlip(i)) units.push(i);
  return units;
}

/** The order of each sweep, drawn when it is first needed. */
function sweepOrders(d: number, seed: number): (sweep: number) => Uint32Array {
  const random = stream(seed, 'hopfield', 'sweeps');
  const orders: Uint32Array[] = [];
  return (sweep) => {
    while (orders.length <= sweep) orders.push(random.permutation(d));
    return orders[sweep];
  };
}

/** One trace per query, of different lengths -> energies[step][query], each trace continued with its last value. */
export function alignTraces(traces: number[][]): { energies: number[][]; steps: number } {
  let steps = 0;
  for (const trace of traces) steps = Math.max(steps, trace.length - 1);
  const energies = Array.from({ length: steps + 1 }, (_, k) =>
    traces.map((trace) => trace[Math.min(k, trace.length - 1)]),
  );
  return { energies, steps };
}
