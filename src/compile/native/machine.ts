/**
 * @file Memory for numbers and for machine code, and calls into it, through koffi (https://koffi.dev).
 *
 * Code is written while its pages can be written, and called when they no longer can be. Who holds a block of memory must free it
 * when nothing calls into it any more.
 */
import { createRequire } from 'node:module';
import { Assembler } from '../emit/assembler/assembler.ts';
import { Avx2Assembler } from '../emit/assembler/avx2-assembler.ts';
import { at } from '../emit/assembler/kernel-assembler.ts';
import { avx2, avx512, type Target } from '../emit/assembler/target.ts';
import type { MachineAssembler, X86Assembler } from '../emit/assembler/x86-assembler.ts';
import { Refused } from '../program/unsupported.ts';

type Pointer = bigint;

interface Callable {
  (...values: unknown[]): unknown;
  /** In a thread of koffi's own; its last parameter is called here in the end. */
  async(...values: unknown[]): void;
}

interface Koffi {
  load(path: null): { func(declaration: string): (...values: unknown[]) => unknown };
  proto(declaration: string): unknown;
  decode(pointer: Pointer, type: unknown): Callable;
  view(pointer: Pointer, bytes: number): ArrayBuffer;
}

interface Library {
  koffi: Koffi;
  prototype: unknown;
  map(bytes: number): Pointer;
  protect(pointer: Pointer, bytes: number): void;
  unmap(pointer: Pointer, bytes: number): void;
  /** Whether the system, Linux, lets threads of this process use tiles from now on. */
  permitTiles(): boolean;
}

const [READ, WRITE, EXECUTE] = [1, 2, 4];
const PRIVATE = 0x2;
const ANONYMOUS = { linux: 0x20, darwin: 0x1000 } as Record<string, number>;
const PAGE = 4096;
/** From so many bytes on memory comes in large pages where the system has them: fewer addresses to look up. */
const LARGE = 1 << 21;
const LARGE_PAGES = 14;
/** Of Linux on x86-64: its documentation, "Using XSTATE features in user space applications". */
const [ARCH_PRCTL, REQUEST_PERMISSION, TILE_DATA] = [158, 0x1023, 18];

let library: Library | undefined;

/** @throws Error where koffi cannot be loaded. */
function open(): Library {
  if (library) return library;
  const koffi = createRequire(import.meta.url)('koffi') as Koffi;
  const system = koffi.load(null);
  const mmap = system.func('void *mmap(void *address, size_t length, int protection, int flags, int file, int64 offset)'); // biome-ignore format: one declaration
  const mprotect = system.func('int mprotect(void *address, size_t length, int protection)');
  const madvise = system.func('int madvise(void *address, size_t length, int advice)');
  const munmap = system.func('int munmap(void *address, size_t length)');
  library = {
    koffi,
    prototype: koffi.proto('int64 ebmm_code(void *base)'),
    map(bytes) {
      const flags = PRIVATE | ANONYMOUS[process.platform];
      const pointer = mmap(null, bytes, READ | WRITE, flags, -1, 0) as Pointer | null;
      if (pointer === null || pointer === -1n || pointer === 2n ** 64n - 1n)
        throw new Refused(`no memory for ${bytes} bytes`);
      if (bytes >= LARGE && process.platform === 'linux') madvise(pointer, bytes, LARGE_PAGES);
      return pointer;
    },
    protect(pointer, bytes) {
      if (mprotect(pointer, bytes, READ | EXECUTE) !== 0)
        throw new Refused('the system does not let memory be executed');
    },
    unmap(pointer, bytes) {
      munmap(pointer, bytes);
    },
    permitTiles() {
      const syscall = system.func('long syscall(long number, long code, long feature)');
      return Number(syscall(ARCH_PRCTL, REQUEST_PERMISSION, TILE_DATA)) === 0;
    },
  };
  return library;
}

const wholePages = (bytes: number) => Math.max(1, Math.ceil(bytes / PAGE)) * PAGE;

/** Memory that starts at a page and holds zeros. */
export class Block {
  readonly pointer: Pointer;
  readonly length: number;
  readonly buffer: ArrayBuffer;

  constructor(bytes: number) {
    this.length = wholePages(bytes);
    this.pointer = open().map(this.length);
    this.buffer = open().koffi.view(this.pointer, this.length);
  }

  /** Views of it must not be used any more. */
  free(): void {
    open().unmap(this.pointer, this.length);
  }
}

/** Machine code: a function of one pointer, by the calling convention of System V. */
export class Executable {
  readonly #block: Block;
  readonly #function: Callable;

  constructor(code: Uint8Array) {
    this.#block = new Block(code.length);
    new Uint8Array(this.#block.buffer).set(code);
    const { koffi, prototype, protect } = open();
    try {
      protect(this.#block.pointer, this.#block.length);
    } catch (error) {
      this.#block.free();
      throw error;
    }
    this.#function = koffi.decode(this.#block.pointer, prototype);
  }

  get pointer(): Pointer {
    return this.#block.pointer;
  }

  /** What it leaves in RAX. */
  call(base: Pointer): bigint {
    return BigInt(this.#function(base) as number | bigint);
  }

  /** In another thread; no two calls with the same memory may be under way. */
  callElsewhere(base: Pointer): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#function.async(base, (error: Error | null) => (error ? reject(error) : resolve()));
    });
  }

  free(): void {
    this.#block.free();
  }
}

/** Whether this machine and system run what `Assembler` writes: x86-64 with AVX-512 F and DQ, Linux or macOS, koffi installed. */
export function isSupported(): boolean {
  known ??= looked();
  return known;
}

let known: boolean | undefined;

/** Whether they run what `Avx2Assembler` writes: AVX2 and fused multiply-add, Linux or macOS, koffi installed. */
export function hasAvx2(): boolean {
  avx2Known ??= lookedForAvx2();
  return avx2Known;
}

let avx2Known: boolean | undefined;

/** Whether it also has tiles that multiply bfloat16 (AMX), and Linux lets them be used. */
export function hasTiles(): boolean {
  tiles ??= isSupported() && lookedForTiles();
  return tiles;
}

let tiles: boolean | undefined;

function lookedForTiles(): boolean {
  if (process.platform !== 'linux') return false;
  const [BF16, TILE, SHAPES_AND_DATA] = [1n << 22n, 1n << 24n, 3n << 17n];
  const features = ask(cpuid(7, 'edx'));
  if (!(features & BF16) || !(features & TILE)) return false;
  return (ask(KEPT) & SHAPES_AND_DATA) === SHAPES_AND_DATA && open().permitTiles();
}

/** @param kept what the system must keep of a thread: vector registers, and masks */
function looksLike(first: bigint, kept: bigint, seventh: bigint): boolean {
  if (process.arch !== 'x64' || !(process.platform in ANONYMOUS)) return false;
  try {
    const has = (features: bigint, wanted: bigint) => (features & wanted) === wanted;
    return has(ask(cpuid(1, 'ecx')), OSXSAVE | first) && has(ask(KEPT), kept) && has(ask(cpuid(7, 'ebx')), seventh); // biome-ignore format: one thought
  } catch {
    return false;
  }
}

const [OSXSAVE, FMA, AVX2, AVX512F, AVX512DQ] = [27n, 12n, 5n, 16n, 17n].map((bit) => 1n << bit);
const looked = () => looksLike(0n, 0xe6n, AVX512F | AVX512DQ);
const lookedForAvx2 = () => looksLike(FMA, 0x06n, AVX2);

const moveToEax = { ebx: 0xd8, ecx: 0xc8, edx: 0xd0 };

/** push rbx; mov eax, leaf; xor ecx, ecx; cpuid; mov eax, of; pop rbx; ret */
const cpuid = (leaf: number, of: keyof typeof moveToEax) =>
  [0x53, 0xb8, leaf, 0, 0, 0, 0x31, 0xc9, 0x0f, 0xa2, 0x89, moveToEax[of], 0x5b, 0xc3]; // biome-ignore format: bytes

/** What the system keeps of a thread that it suspends. xor ecx, ecx; xgetbv; ret */
const KEPT = [0x31, 0xc9, 0x0f, 0x01, 0xd0, 0xc3];

function ask(code: readonly number[]): bigint {
  const executable = new Executable(Uint8Array.from(code));
  const answer = executable.call(0n);
  executable.free();
  return answer & 0xffffffffn;
}

/**
 * MXCSR: round to nearest, tell of nothing, and take denormal numbers, below 2^-126, for 0, as operands and as results. Some processors
 * need a hundred times as long for an operation on one of them, and tensors hold many where a gradient fades.
 */
const FLUSHING = 0x1f80 | 0x8000 | 0x0040;

/**
 * A function of a base address, held in RBX while `body` runs; it may use every register but the stack pointer and RBX. Denormal numbers
 * are 0 to it; to the caller they are afterwards what they were.
 */
export function writeFunction(assembler: X86Assembler, body: () => void): void {
  const [RAX, RCX, RBX, RSP, RBP, RDI, R12, R13, R14, R15] = [0, 1, 3, 4, 5, 7, 12, 13, 14, 15];
  const kept = [RBX, RBP, R12, R13, R14, R15];
  for (const register of kept) assembler.push(register);
  assembler.copy(RBX, RDI);
  // The caller's stays on the stack.
  assembler.push(RAX);
  assembler.storeControl(at(RSP));
  assembler.set(RAX, FLUSHING);
  assembler.push(RAX);
  assembler.loadControl(at(RSP));
  assembler.pop(RAX);
  body();
  assembler.loadControl(at(RSP));
  assembler.pop(RCX);
  for (const register of [...kept].reverse()) assembler.pop(register);
  assembler.clearUpper();
  assembler.return();
}

export const assemblerFor = (target: Target): MachineAssembler =>
  target === avx2 ? new Avx2Assembler() : new Assembler();

/** The bytes of such a function. */
export function functionOf(body: (assembler: MachineAssembler) => void, target: Target = avx512): Uint8Array {
  const assembler = assemblerFor(target);
  writeFunction(assembler, () => body(assembler));
  return assembler.bytes;
}
