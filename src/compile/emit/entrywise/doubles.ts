/**
 * @file Functions in float64 on vectors of float32, half a vector at a time: right to little more than half a unit in the last place. They
 * take four times as many instructions, so what is in innermost loops is not written so (exponentials.ts).
 */
import type { DoubleOperation } from '../assembler/double-operations.ts';
import type { KernelAssembler } from '../assembler/kernel-assembler.ts';
import { type Constants, clamp, type Emission, type Emitter, inRegister, LOADED, MASK, T0, T1, T2, T3, T4 } from './emission.ts'; // biome-ignore format: one import

/** Registers of a computation in float64; its argument and its result are in A. */
export const [A, B, C, D, E] = [T0, T1, T2, T3, LOADED[1]];
/** Holds the result of the lower half. */
const LOW = T4;

/** Writes operations of float64; `n` is one number for all. */
export class Double {
  readonly a: KernelAssembler;
  readonly #constants: Constants;

  constructor(a: KernelAssembler, constants: Constants) {
    this.a = a;
    this.#constants = constants;
  }

  #op(op: DoubleOperation, to: number, first: number, second: Value): void {
    this.a.double(op, to, first, typeof second === 'number' ? second : this.#constants.wide(second.value));
  }
  add = (to: number, x: number, y: Value) => this.#op('add', to, x, y);
  sub = (to: number, x: number, y: Value) => this.#op('sub', to, x, y);
  mul = (to: number, x: number, y: Value) => this.#op('mul', to, x, y);
  div = (to: number, x: number, y: Value) => this.#op('div', to, x, y);
  root = (to: number, x: number) => this.a.doubleRoot(to, x);
  round = (to: number, x: number) => this.a.doubleRound(to, x);
  set = (to: number, { value }: { value: number }) => this.a.doubleFrom(to, this.#constants.wide(value));

  /** c0 + x (c1 + x (c2 + ...)) */
  polynomial(to: number, x: number, coefficients: readonly number[]): void {
    this.set(to, n(coefficients.at(-1)!));
    for (const c of coefficients.slice(0, -1).reverse()) {
      this.mul(to, to, x);
      this.add(to, to, n(c));
    }
  }
}

/** A register, or a number. */
type Value = number | { value: number };
export const n = (value: number) => ({ value });

/** 1 / 1!, s / 3!, 1 / 5!, ... or 1 / 0!, s / 2!, 1 / 4!, ...: sines and cosines in the square of the argument, hyperbolic ones for s = 1. */
export function waveSeries(first: 0 | 1, s: 1 | -1): number[] {
  const series = [1];
  for (let k = first; series.length < 7; k += 2) series.push((s * series.at(-1)!) / ((k + 1) * (k + 2)));
  return series;
}

export interface HalvesOptions {
  /** Bounds of the argument, where it has any. */
  within?: readonly [number, number];
  /** Where the result is another: sets the mask there, and the register to what it is. May use B, C, D and E. */
  elsewhere?(emission: Emission, x: number, to: number): void;
}

/** From what computes a function on A, which holds half of a vector in float64. */
export const halves =
  (body: (d: Double) => void, { within, elsewhere }: HalvesOptions = {}): Emitter =>
  (emission) => {
    const { a, constants, to, inputs } = emission;
    let x = inRegister(a, inputs[0]);
    if (within) {
      clamp(a, constants, T0, x, within);
      a.move(LOADED[0], T0);
      x = LOADED[0];
    }
    const d = new Double(a, constants);
    for (const half of [0, 1] as const) {
      a.widen(A, x, half);
      body(d);
      if (half === 0) a.move(LOW, A);
    }
    elsewhere?.(emission, x, B);
    a.narrow(to, LOW, A);
    if (elsewhere) a.move(to, B, { mask: MASK });
  };
