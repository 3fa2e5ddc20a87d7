/**
 * @file Machine code that computes part after part of a batch in one call: it takes the next part that no thread has taken, brings its values, calls
 * the program for each piece, and puts the results where all threads' results lie. A thread that is called for every part anew waits for
 * the one that hands them out, and for the system to wake it.
 */

import type { Image } from '../program/program-memory.ts';
import { type BoardPlan, boardPlan, COUNT_AT, NEXT_AT, PartBoard, type Piece } from '../split/part-board.ts';
import type { Cut } from '../split/split.ts';
import { Block, Executable } from './machine.ts';

type Pointer = bigint;

/** Of what one is called with: program, its memory, and what all share. */
const [CODE_AT, MEMORY_AT, SHARED_AT, CALL_BYTES] = [0, 8, 16, 24];
/** Distances that instructions reach. */
const REACH = 2 ** 31;

const word = (value: number) => [value, value >> 8, value >> 16, value >> 24].map((byte) => byte & 0xff);

/** System V: RDI is where a call's words lie. RBX holds it, R12 the memory, R13 what is shared, R14 the part, R15 its piece, RBP the piece of all. */
function write({ inputs, sums, stacked, pieces }: BoardPlan): Uint8Array {
  const code: number[] = [];
  const put = (...bytes: number[]) => void code.push(...bytes);
  /** A jump back, or one whose distance is set later. */
  const back = (to: number, ...jump: number[]) => put(...jump, ...word(to - (code.length + jump.length + 4)));
  /** rsi or rdi = r13 + (rbp or r14) * bytes + at; the other, of the program's memory, r12 + from; rep movsb */
  const copy = ({ from, bytes, at }: Piece, index: 'rbp' | 'r14', out: boolean) => {
    const shared = out ? 0xc7 : 0xc6;
    const own = out ? 0xb4 : 0xbc;
    // imul r64, index, bytes: ModRM names the register first.
    const register = out ? 0xf8 : 0xf0;
    put(index === 'rbp' ? 0x48 : 0x49, 0x69, register | (index === 'rbp' ? 5 : 6), ...word(bytes));
    put(0x4c, 0x01, out ? 0xef : 0xee); // add, r13
    put(0x48, 0x81, shared, ...word(at)); // add, at
    put(0x49, 0x8d, own, 0x24, ...word(from)); // lea, [r12 + from]
    put(0xb9, ...word(bytes), 0xf3, 0xa4); // mov ecx, bytes; rep movsb
  };
  put(0x53, 0x55, 0x41, 0x54, 0x41, 0x55, 0x41, 0x56, 0x41, 0x57); // push rbx, rbp, r12, r13, r14, r15
  put(0x48, 0x83, 0xec, 8, 0x48, 0x89, 0xfb); // sub rsp, 8; mov rbx, rdi
  put(0x4c, 0x8b, 0x63, MEMORY_AT, 0x4c, 0x8b, 0x6b, SHARED_AT); // mov r12, [rbx + MEMORY_AT]; mov r13, [rbx + SHARED_AT]
  const next = code.length;
  put(0xb8, ...word(1), 0xf0, 0x49, 0x0f, 0xc1, 0x45, NEXT_AT); // mov eax, 1; lock xadd [r13], rax
  put(0x49, 0x3b, 0x45, COUNT_AT, 0x0f, 0x83, ...word(0)); // cmp rax, [r13 + COUNT_AT]; jae to the end
  const ending = code.length - 4;
  put(0x49, 0x89, 0xc6); // mov r14, rax
  if (pieces > 1)
    // lea rdi, [r12 + from]; mov ecx, bytes; xor eax, eax; rep stosb
    for (const { from, bytes } of sums)
      put(0x49, 0x8d, 0xbc, 0x24, ...word(from), 0xb9, ...word(bytes), 0x31, 0xc0, 0xf3, 0xaa);
  put(0x45, 0x31, 0xff); // xor r15d, r15d
  const piece = code.length;
  put(0x49, 0x69, 0xee, ...word(pieces), 0x4c, 0x01, 0xfd); // imul rbp, r14, pieces; add rbp, r15
  for (const input of inputs) copy(input, 'rbp', false);
  put(0x4c, 0x89, 0xe7, 0xff, 0x53, CODE_AT); // mov rdi, r12; call [rbx + CODE_AT]
  for (const output of stacked) copy(output, 'rbp', true);
  put(0x49, 0xff, 0xc7, 0x49, 0x81, 0xff, ...word(pieces)); // inc r15; cmp r15, pieces
  back(piece, 0x0f, 0x82); // jb
  for (const sum of sums) copy(sum, 'r14', true);
  back(next, 0xe9);
  code.splice(ending, 4, ...word(code.length - ending - 4));
  put(0x48, 0x83, 0xc4, 8); // add rsp, 8
  put(0x41, 0x5f, 0x41, 0x5e, 0x41, 0x5d, 0x41, 0x5c, 0x5d, 0x5b, 0xc3); // pop; ret
  return Uint8Array.from(code);
}

/** The loop over the parts of a program, and what its threads share. */
export class PartLoop {
  readonly board: PartBoard;
  readonly #executable: Executable;
  readonly #shared: Block;
  readonly #calls: Block[] = [];

  private constructor(plan: BoardPlan, image: Image) {
    this.#shared = new Block(plan.bytes);
    this.board = new PartBoard(plan, image, this.#shared.buffer);
    this.#executable = new Executable(write(plan));
  }

  /**
   * See `boardPlan`.
   * @returns undefined where it is more memory than instructions reach
   * @throws Error where there is not so much memory
   */
  static of(
    image: Image,
    batch: readonly string[],
    added: readonly string[],
    cut: Cut,
  ): PartLoop | undefined {
    const plan = boardPlan(image, batch, added, cut);
    return plan.bytes < REACH ? new PartLoop(plan, image) : undefined;
  }

  get bytes(): number {
    return this.#shared.length;
  }

  /** A call that computes parts until there are none, in the memory of one thread. */
  call(code: Pointer, memory: Pointer): { code: Pointer; memory: Pointer; elsewhere(): Promise<void> } {
    const block = new Block(CALL_BYTES);
    this.#calls.push(block);
    new BigUint64Array(block.buffer, 0, 3).set([code, memory, this.#shared.pointer]);
    return {
      code: this.#executable.pointer,
      memory: block.pointer,
      elsewhere: () => this.#executable.callElsewhere(block.pointer),
    };
  }

  /** No thread may be in it. */
  free(): void {
    this.#executable.free();
    for (const block of this.#calls) block.free();
    this.#shared.free();
  }
}
