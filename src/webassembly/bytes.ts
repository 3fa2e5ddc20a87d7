/** @file Bytes of WebAssembly's binary format, which grow: integers are LEB128 (https://webassembly.github.io/spec/core/binary/values.html). */

export class Bytes {
  #bytes: Uint8Array;
  #length = 0;

  constructor(room = 256) {
    this.#bytes = new Uint8Array(room);
  }

  get length(): number {
    return this.#length;
  }

  /** A view: more bytes may lie elsewhere. */
  get written(): Uint8Array {
    return this.#bytes.subarray(0, this.#length);
  }

  byte(value: number): void {
    this.#room(1);
    this.#bytes[this.#length++] = value;
  }

  bytes(values: ArrayLike<number>): void {
    this.#room(values.length);
    this.#bytes.set(values, this.#length);
    this.#length += values.length;
  }

  /** @param value an integer from 0 below 2^32 */
  unsigned(value: number): void {
    this.#room(5);
    let rest = value;
    while (rest >= 0x80) {
      this.#bytes[this.#length++] = (rest & 0x7f) | 0x80;
      rest = Math.floor(rest / 0x80);
    }
    this.#bytes[this.#length++] = rest;
  }

  /** @param value an integer of 32 bits, with its sign */
  signed(value: number): void {
    this.#room(5);
    let rest = value | 0;
    while (rest < -0x40 || rest >= 0x40) {
      this.#bytes[this.#length++] = (rest & 0x7f) | 0x80;
      rest >>= 7;
    }
    this.#bytes[this.#length++] = rest & 0x7f;
  }

  /** What these hold, after how many they are. */
  sized(content: Bytes): void {
    this.unsigned(content.length);
    this.bytes(content.written);
  }

  name(text: string): void {
    const bytes = new TextEncoder().encode(text);
    this.unsigned(bytes.length);
    this.bytes(bytes);
  }

  #room(more: number): void {
    if (this.#length + more <= this.#bytes.length) return;
    const larger = new Uint8Array(Math.max(2 * this.#bytes.length, this.#length + more));
    larger.set(this.written);
    this.#bytes = larger;
  }
}
