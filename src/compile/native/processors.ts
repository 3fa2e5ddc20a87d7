/**
 * @file Threads that each keep to a processor of their own while they compute, where there is one for every thread (Linux). A part takes
 * milliseconds, and systems that put threads that woke just now beside each other, as those of virtual machines may, let one processor do all the work.
 */
import { Block, Executable } from './machine.ts';

type Pointer = bigint;

/** Code and what it is called with. */
export interface Call {
  code: Pointer;
  memory: Pointer;
}

/** Linux on x86-64: sched_setaffinity, sched_getaffinity; sets of 1024 processors. */
const [SET, GET] = [203, 204];
const SET_BYTES = 128;

/** Of the memory of a call that is held: code, memory, the thread's processors before, and those that it is held to. */
const [CODE_AT, MEMORY_AT, BEFORE_AT, HELD_AT] = [0, 8, 16, 16 + SET_BYTES];
const BYTES = HELD_AT + SET_BYTES;

const word = (value: number) => [value, value >> 8, value >> 16, value >> 24].map((byte) => byte & 0xff);

/** mov eax, number; xor edi, edi (this thread); mov esi, SET_BYTES; lea rdx, [rbx + from]; syscall */
const ask = (number: number, from: number) => [0xb8, ...word(number), 0x31, 0xff, 0xbe, ...word(SET_BYTES), 0x48, 0x8d, 0x93, ...word(from), 0x0f, 0x05]; // biome-ignore format: bytes

/** push rbx; mov rbx, rdi */
const BEGIN = [0x53, 0x48, 0x89, 0xfb];
/** pop rbx; ret */
const END = [0x5b, 0xc3];
/** mov rdi, [rbx + MEMORY_AT]; call [rbx + CODE_AT] */
const CALL = [0x48, 0x8b, 0x7b, MEMORY_AT, 0xff, 0x53, CODE_AT];

/** Where the system refuses, as in a sandbox, the thread is left where it is. */
const HELD = [
  ...BEGIN,
  ...ask(GET, BEFORE_AT),
  ...ask(SET, HELD_AT),
  ...CALL,
  ...ask(SET, BEFORE_AT),
  ...END,
];

let held: Executable | undefined;

/** The numbers of the processors that this thread may use; undefined where the system does not tell. */
export function processors(): number[] | undefined {
  if (process.platform !== 'linux' || process.arch !== 'x64') return undefined;
  const block = new Block(SET_BYTES);
  const code = new Executable(Uint8Array.from([...BEGIN, ...ask(GET, 0), ...END]));
  try {
    const written = Number(BigInt.asIntN(64, code.call(block.pointer)));
    if (written <= 0) return undefined;
    const bytes = new Uint8Array(block.buffer);
    const all = Array.from({ length: 8 * SET_BYTES }, (_, i) => i);
    return all.filter((i) => bytes[i >> 3] & (1 << (i & 7)));
  } finally {
    code.free();
    block.free();
  }
}

/** One for each of so many threads, where these are as many as there are processors. */
export function processorsFor(threads: number): number[] | undefined {
  const all = processors();
  return all?.length === threads ? all : undefined;
}

/** A call of which the thread is held to a processor, and afterwards is where it was. */
export class HeldCall implements Call {
  readonly #block = new Block(BYTES);

  constructor({ code, memory }: Call, processor: number) {
    held ??= new Executable(Uint8Array.from(HELD));
    new BigUint64Array(this.#block.buffer, CODE_AT, 2).set([code, memory]);
    new Uint8Array(this.#block.buffer)[HELD_AT + (processor >> 3)] = 1 << (processor & 7);
  }

  get code(): Pointer {
    return held!.pointer;
  }

  get memory(): Pointer {
    return this.#block.pointer;
  }

  /** In another thread. */
  elsewhere(): Promise<void> {
    return held!.callElsewhere(this.#block.pointer);
  }

  /** No thread may be in it. */
  free(): void {
    this.#block.free();
  }
}
