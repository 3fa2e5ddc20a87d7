/** @file Writes the body of a function of WebAssembly, instruction by instruction. */
import { Bytes } from './bytes.ts';
import { I32, type Plain, plain, type Simd, simd, V128 } from './instructions.ts';

const [LOOP, IF, EMPTY, BRANCH_IF, SIMD] = [0x03, 0x04, 0x40, 0x0d, 0xfd];
/** Alignments are promises, as powers of two; every number is at a multiple of 4 bytes. */
const [NUMBER, ANY] = [2, 2];

export class Body {
  #code = new Bytes();
  /** Runs before the rest. */
  readonly #first = new Bytes(16);
  /** Types of the locals after the parameters. */
  readonly #locals: number[] = [];
  readonly #parameters: number;

  /** @param parameters integers of 32 bits, the first locals */
  constructor(parameters = 0) {
    this.#parameters = parameters;
  }

  /** Bytes of instructions so far. */
  get length(): number {
    return this.#code.length;
  }

  /** A new local, which holds 0. */
  local(type: typeof I32 | typeof V128): number {
    return this.#parameters + this.#locals.push(type) - 1;
  }

  get(local: number): void {
    this.#code.byte(plain.localGet);
    this.#code.unsigned(local);
  }

  set(local: number): void {
    this.#code.byte(plain.localSet);
    this.#code.unsigned(local);
  }

  tee(local: number): void {
    this.#code.byte(plain.localTee);
    this.#code.unsigned(local);
  }

  /** One of the instructions that are a byte alone. */
  plain(instruction: Plain): void {
    this.#code.byte(instruction);
  }

  integer(value: number): void {
    this.#code.byte(plain.i32Constant);
    this.#code.signed(value);
  }

  call(index: number): void {
    this.#code.byte(plain.call);
    this.#code.unsigned(index);
  }

  /** One of the instructions on vectors that nothing follows. */
  simd(instruction: Simd): void {
    this.#code.byte(SIMD);
    this.#code.unsigned(instruction);
  }

  /** @param bits four integers from 0 below 2^32 */
  vector(bits: readonly number[]): void {
    this.simd(simd.constant);
    this.#code.bytes(new Uint8Array(Uint32Array.from(bits).buffer));
  }

  /** Numbers 0 to 3 of the first vector, 4 to 7 of the second. */
  shuffle(numbers: readonly number[]): void {
    this.simd(simd.shuffle);
    for (const number of numbers) for (let byte = 0; byte < 4; byte++) this.#code.byte(4 * number + byte);
  }

  /** A load or store of a vector or of numbers, at the address on the stack. */
  memory(instruction: Simd, offset: number): void {
    this.simd(instruction);
    this.#code.byte(ANY);
    this.#code.unsigned(offset);
  }

  /** The same of some numbers of a vector. */
  lane(instruction: Simd, offset: number, lane: number): void {
    this.memory(instruction, offset);
    this.#code.byte(lane);
  }

  word(instruction: typeof plain.i32Load | typeof plain.i32Store, offset: number): void {
    this.#code.byte(instruction);
    this.#code.byte(NUMBER);
    this.#code.unsigned(offset);
  }

  /** Runs where the number on the stack is another than 0. */
  when(body: () => void): void {
    this.#code.byte(IF);
    this.#code.byte(EMPTY);
    body();
    this.#code.byte(plain.end);
  }

  /** Runs again where the body leaves another number than 0 on the stack. */
  loop(body: () => void): void {
    this.#code.byte(LOOP);
    this.#code.byte(EMPTY);
    body();
    this.#code.byte(BRANCH_IF);
    this.#code.byte(0);
    this.#code.byte(plain.end);
  }

  /** What is written now runs before all else, after what was written so before. */
  first(write: () => void): void {
    const code = this.#code;
    this.#code = this.#first;
    write();
    this.#code = code;
  }

  /** Instructions that were written elsewhere. */
  raw(code: ArrayLike<number>): void {
    this.#code.bytes(code);
  }

  /** The function as the code section wants it. */
  finish(): Bytes {
    const runs: { count: number; type: number }[] = [];
    for (const type of this.#locals) {
      const last = runs.at(-1);
      if (last?.type === type) last.count++;
      else runs.push({ count: 1, type });
    }
    const whole = new Bytes(this.#first.length + this.#code.length + 8 + 3 * runs.length);
    whole.unsigned(runs.length);
    for (const { count, type } of runs) {
      whole.unsigned(count);
      whole.byte(type);
    }
    whole.bytes(this.#first.written);
    whole.bytes(this.#code.written);
    whole.byte(plain.end);
    return whole;
  }
}

export { I32, V128 };
