/** @file Machine code that is written again with other addresses: what of a passage depends on where it stands and what it works on. */
import { type Memory, RBX } from './kernel-assembler.ts';
import type { Label } from './label.ts';

/** A stretch of code. Bytes are counted from its beginning. */
export interface Passage {
  begin: number;
  end: number;
  /** 32 bits each: where an operand starts, and so much more. */
  addresses: readonly { at: number; operand: number; more: number; unit: number }[];
  /** 32 bits each, the distance of a label outside. */
  labels: readonly { at: number; label: Label }[];
}

/** A displacement of eight bits counts units; of 0 there is none, perhaps. */
export const isShort = (offset: number, unit: number) =>
  offset % unit === 0 && offset / unit >= -128 && offset / unit < 128;

/** Whether all addresses take as many bytes as they did. */
export const fits = ({ addresses }: Passage, starts: readonly number[]) =>
  addresses.every(({ operand, more, unit }) => !isShort(starts[operand] + more, unit));

/** What is noted of a passage while it is written. */
export class PassageNotes {
  readonly #begin: number;
  readonly #starts: readonly number[];
  readonly #addresses: Passage['addresses'][number][] = [];
  readonly #labels: Passage['labels'][number][] = [];
  #isMovable = true;

  constructor(begin: number, starts: readonly number[]) {
    this.#begin = begin;
    this.#starts = starts;
  }

  /** An address whose displacement comes next. */
  address({ base, operand, offset }: Memory, unit: number, place: number): void {
    if (operand === 'constant' || (operand === undefined && base !== RBX)) return;
    if (operand === undefined || isShort(offset, unit)) this.#isMovable = false;
    else
      this.#addresses.push({ at: place - this.#begin, operand, more: offset - this.#starts[operand], unit });
  }

  label(label: Label, place: number): void {
    this.#labels.push({ at: place - this.#begin, label });
  }

  /** Undefined for what cannot be moved. */
  done(end: number): Passage | undefined {
    if (!this.#isMovable) return undefined;
    const labels = this.#labels.filter(({ label: { place } }) => place < this.#begin);
    return { begin: this.#begin, end, addresses: this.#addresses, labels };
  }
}
