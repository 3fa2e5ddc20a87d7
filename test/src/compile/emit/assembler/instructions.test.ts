import { Code, CpuidFeature, Decoder, DecoderOptions, Formatter, FormatterSyntax } from 'iced-x86';
import seedrandom from 'seedrandom';
import { describe, expect, test } from 'vitest';
import { Assembler } from '../../../../../src/compile/emit/assembler/assembler.ts';
import { double, general, type Instruction, moves, ofDouble, ofHalfWidth, single, tileMoves, vector, withByte } from '../../../../../src/compile/emit/assembler/instructions.ts'; // biome-ignore format: one import

import {
  at,
  type Memory,
  R11,
  RAX,
  RSP,
  type VectorOptions,
} from '../../../../../src/compile/emit/assembler/kernel-assembler.ts';
import { Label } from '../../../../../src/compile/emit/assembler/label.ts';

/** The code as an independent disassembler (iced) reads it. */
function disassembled(bytes: Uint8Array) {
  const formatter = new Formatter(FormatterSyntax.Intel);
  formatter.numberBase = 10;
  formatter.usePseudoOps = false;
  formatter.signedImmediateOperands = false;
  formatter.showBranchSize = false;
  formatter.ripRelativeAddresses = false;
  return new Decoder(64, bytes, DecoderOptions.None).decodeAll().map((instruction) => ({
    text: instruction.code === Code.INVALID ? 'invalid' : formatter.format(instruction),
    features: [...instruction.cpuidFeatures()].map((feature) => CpuidFeature[feature]),
    length: instruction.length,
  }));
}

type Operand = number | Memory;

/** What writes a row, from its operands in Intel's order. */
interface Writer {
  group: string;
  name: string;
  row: Instruction;
  write(a: Assembler, operands: readonly Operand[], options: VectorOptions): void;
  /** Whether it takes masks. */
  masked?: boolean;
  /** Whether it has an operand that is one number in memory for all. */
  broadcasts?: boolean;
}

const of = <Name extends string>(
  group: string,
  rows: Record<Name, Instruction>,
  write: (name: Name, row: Instruction) => Writer['write'],
  more: (row: Instruction) => Partial<Writer> = () => ({}),
): Writer[] =>
  (Object.entries(rows) as [Name, Instruction][]).map(([name, row]) => ({ group, name, row, write: write(name, row), ...more(row) })); // biome-ignore format: one thought

type R = number;
type M = Memory;

const writers: Writer[] = [
  ...of('vector', vector, (name) => (a, [to, first, second], options) => a.vector(name, to as R, first as R, second, options), () => ({ masked: true, broadcasts: true })),
  ...of('single', single, (name) => (a, [to, from], options) => a.single(name, to as R, from, options), () => ({ masked: true, broadcasts: true })),
  ...of('double', double, (name) => (a, [to, first, second]) => a.double(name, to as R, first as R, second)),
  ...of('ofDouble', ofDouble, (name) => (a, [x, y]) => {
    if (name === 'sqrt') a.doubleRoot(x as R, y as R);
    else a.widen(x as R, y as R, 0);
  }),
  ...of('withByte', withByte, (name, row) => (a, operands) => {
    const [to, first, from, byte] = row.form === 'RMI' ? [operands[0], 0, operands[1], operands[2]] : operands;
    a.withByte(name, to as R, first as R, from as R, byte as R);
  }),
  ...of('moves', moves, (name) => (a, [x, y, z, w], options) => {
    switch (name) {
      case 'load': a.load(x as R, y as M, options); break;
      case 'store': a.store(x as M, y as R, options); break;
      case 'move': a.move(x as R, y as R, options); break;
      case 'loadFirst': a.loadFirst(x as R, y as M); break;
      case 'storeFirst': a.storeFirst(x as M, y as R); break;
      case 'broadcast': a.broadcast(x as R, y, options); break;
      case 'broadcastWide': a.doubleFrom(x as R, y as M); break;
      case 'broadcastFrom': a.broadcastFrom(x as R, y as R); break;
      case 'compare': a.compareBy(w as R, x as R, y as R, z, options); break;
      case 'shiftRight': a.shiftRight(x as R, y as R, z as R); break;
      case 'maskFrom': a.maskFrom(x as R, y as R); break;
      case 'clearUpper': a.clearUpper(); break;
      case 'loadControl': a.loadControl(x as M); break;
      case 'storeControl': a.storeControl(x as M); break;
    }
  }, (row) => ({
    masked: row === moves.load || row === moves.move || row === moves.broadcast || row === moves.store || row === moves.compare,
    broadcasts: row === moves.compare,
  })),
  ...of('tileMoves', tileMoves, (name) => (a, [x, y, z]) => {
    switch (name) {
      case 'configure': a.configureTiles(x as M); break;
      case 'release': a.releaseTiles(); break;
      case 'clear': a.clearTile(x as R); break;
      case 'load': a.loadTile(x as R, y as M); break;
      case 'store': a.storeTile(x as M, y as R); break;
      case 'multiply': a.multiplyTiles(x as R, y as R, z as R); break;
    }
  }),
  ...of('general', general, (name) => (a, [x, y]) => {
    switch (name) {
      case 'clear': a.set(x as R, 0); break;
      case 'set': a.set(x as R, y as R); break;
      case 'copy': a.copy(x as R, y as R); break;
      case 'load': a.loadWord(x as R, y as M); break;
      case 'store': a.storeWord(x as M, y as R); break;
      case 'address': a.address(x as R, y as M); break;
      case 'addShort':
      case 'addLong': a.addNumber(x as R, y as R); break;
      case 'add': a.addTo(x as M, y as R); break;
      case 'sub': a.subFrom(x as M, y as R); break;
      case 'prefetch': a.prefetch(x as M); break;
      case 'push': a.push(x as R); break;
      case 'pop': a.pop(x as R); break;
      case 'jumpNotZero': a.jumpNotZero(new Label()); break;
      case 'jump': a.jump(new Label()); break;
      case 'call': a.call(new Label()); break;
      case 'return': a.return(); break;
    }
  }),
]; // biome-ignore format: a table

const wide = [
  'rax',
  'rcx',
  'rdx',
  'rbx',
  'rsp',
  'rbp',
  'rsi',
  'rdi',
  ...Array.from({ length: 8 }, (_, i) => `r${i + 8}`),
];
const narrow = wide.map((name) =>
  name.startsWith('r') && /\d/.test(name) ? `${name}d` : `e${name.slice(1)}`,
);

/** Operands drawn at random for every letter of a row's kinds, and how the disassembler writes them. */
class Draw {
  readonly #random: seedrandom.PRNG;

  constructor(seed: string) {
    this.#random = seedrandom(seed);
  }

  below(n: number): number {
    return Math.floor(this.#random() * n);
  }

  /** Offsets that fit into a byte, that are multiples of a vector, and that are neither. */
  memory(indexed?: boolean): Memory {
    const offset = [0, this.below(256) - 128, 64 * (this.below(300) - 150), 4 * this.below(100), this.below(2 ** 31)][this.below(5)]; // biome-ignore format: one thought
    const index = (indexed ?? this.below(2) === 0) ? [0, 1, 2, 3, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15][this.below(15)] : undefined; // biome-ignore format: one thought
    return at(this.below(16), offset, index);
  }

  of(kind: string, vectors: number): [Operand, string] {
    const register = (names: readonly string[]): [number, string] => {
      const i = this.below(names.length);
      return [i, names[i]];
    };
    const named = (name: string, count: number): [number, string] => {
      const i = this.below(count);
      return [i, `${name}${i}`];
    };
    const inMemory = (indexed?: boolean): [Memory, string] => {
      const memory = this.memory(indexed);
      return [memory, addressText(memory)];
    };
    switch (kind) {
      case 'v':
        return named('zmm', vectors);
      case 'x':
        return this.below(2) ? named('zmm', vectors) : inMemory();
      case 'u':
        return named('ymm', vectors);
      case 'y': {
        if (this.below(2)) return named('zmm', vectors);
        const [memory, text] = inMemory();
        return [memory, `${text}{1to8}`];
      }
      case 'f':
        return this.below(2) ? named('xmm', vectors) : inMemory();
      case 's':
        return named('xmm', vectors);
      case 'm':
      case 'n':
      case 'p':
      case 'a':
      case 'c':
        return inMemory();
      case 'r':
        return inMemory(true);
      case 'k':
        return named('k', 8);
      case 't':
        return named('tmm', 8);
      case 'g':
        return register(narrow);
      case 'w':
        return register(wide);
      case 'b': {
        const byte = this.below(256);
        return [byte, String(byte)];
      }
      case 'h': {
        const byte = this.below(256) - 128;
        return [byte, String(byte < 0 ? BigInt.asUintN(64, BigInt(byte)) : byte)];
      }
      case 'd': {
        const number = 1000 + this.below(2 ** 31 - 1000);
        return [number, String(number)];
      }
      case 'j':
        return [0, ''];
      default:
        throw new Error(`no operand of kind ${kind}`);
    }
  }
}

function addressText({ base, index, offset }: Memory): string {
  const index64 = index === undefined ? '' : `+${wide[index]}`;
  const far = offset === 0 ? '' : offset < 0 ? String(offset) : `+${offset}`;
  return `[${wide[base]}${index64}${far}]`;
}

const TIMES = 60;
const tile = (i: number): [Operand, string] => [i, `tmm${i}`];
const READ: readonly Instruction[] = [
  general.shiftLeft,
  general.or,
  general.cycles,
  ofDouble.round,
  ofDouble.narrow,
];

describe.each(writers.filter(({ row }) => !READ.includes(row)))(
  '$group.$name',
  ({ group, name, row, write, masked, broadcasts }) => {
    test(`is read as ${row.name} of what it was given`, () => {
      const draw = new Draw(`${group} ${name}`);
      const assembler = new Assembler();
      const expected: string[] = [];
      const needed: (string | undefined)[] = [];
      const operandsOf = () => {
        // Shuffles take registers alone.
        const kinds = group === 'withByte' ? row.kinds.replace('x', 'v') : row.kinds;
        const drawn = [...kinds].map((kind) => draw.of(kind, 32));
        // Both operands of a register that is cleared are one; tiles must differ.
        if (row === general.clear) return [drawn[0], drawn[0]];
        if (row === tileMoves.multiply) {
          const [first, apart] = [draw.below(8), 1 + draw.below(3)];
          return [0, apart, 2 * apart].map((i) => tile((first + i) % 8));
        }
        return drawn;
      };
      for (let time = 0; time < TIMES; time++) {
        const drawn = operandsOf();
        const texts = drawn.map(([, text]) => text);
        const options: VectorOptions = {};
        const last = drawn[row.kinds.indexOf('x')];
        if (broadcasts && last && typeof last[0] !== 'number' && draw.below(2)) {
          options.broadcast = true;
          texts[row.kinds.indexOf('x')] += '{1to16}';
        }
        if (masked && draw.below(2)) {
          options.mask = 1 + draw.below(7);
          const kept = row.form === 'MR' || row === moves.compare || draw.below(2) === 0;
          if (!kept) options.zero = true;
          texts[0] += `{k${options.mask}}${kept ? '' : '{z}'}`;
        }
        if (row === vector.blend && options.mask === undefined) {
          options.mask = 1;
          texts[0] += '{k1}';
        }
        write(
          assembler,
          drawn.map(([operand]) => operand),
          options,
        );
        expected.push(row.kinds === 'j' ? row.name : `${row.name} ${texts.join(',')}`.trimEnd());
        needed.push(row.evex ?? row.vex);
      }
      const read = disassembled(assembler.bytes);
      expect(read.map(({ text }) => (row.kinds === 'j' ? text.split(' ')[0] : text))).toEqual(expected);
      if (group !== 'general') for (const { features } of read) expect(features).toContain(needed[0]);
    });
  },
);

test('the clock is read into one register', () => {
  const assembler = new Assembler();
  assembler.cycles();
  expect(disassembled(assembler.bytes).map(({ text }) => text)).toEqual([
    'rdtsc',
    'shl rdx,32',
    'or rax,rdx',
  ]);
});

test('halves of a vector as float64, and back', () => {
  const assembler = new Assembler();
  assembler.widen(24, 30, 1);
  assembler.doubleRound(26, 24);
  assembler.narrow(3, 28, 24);
  expect(disassembled(assembler.bytes).map(({ text }) => text)).toEqual([
    'vshuff32x4 zmm24,zmm30,zmm30,14',
    'vcvtps2pd zmm24,ymm24',
    'vrndscalepd zmm26,zmm24,0',
    'vcvtpd2ps ymm28,zmm28',
    'vcvtpd2ps ymm24,zmm24',
    'vshuff32x4 zmm3,zmm28,zmm24,68',
  ]);
});

test('jumps go where labels are', () => {
  const assembler = new Assembler();
  const [before, after] = [new Label(), new Label()];
  assembler.place(before);
  for (let i = 0; i < 10; i++) assembler.load(i, at(R11, 64 * i));
  assembler.jumpNotZero(before);
  assembler.jump(after);
  assembler.push(RAX);
  assembler.place(after);
  const end = assembler.length;
  const read = disassembled(assembler.bytes);
  expect(read.slice(10, 12).map(({ text }) => text)).toEqual(['jne 0', `jmp ${end}`]);
});

test('the stack pointer is no index', () => {
  expect(() => new Assembler().load(0, at(RAX, 0, RSP))).toThrow('no index');
});

/** What writes rows as vectors of 256 bits. */
class Half extends Assembler {
  write(
    { form, ...row }: Instruction,
    operands: readonly Operand[],
    byte: number | undefined,
    long: boolean,
  ): void {
    const place = (letter: string) => operands[form.indexOf(letter)] ?? 0;
    const register = form.includes('R') ? (place('R') as R) : row.digit;
    this.vex(row, register, place('V') as R, place('M'), { byte, long });
  }
}

const ofHalf = Object.entries({ ...vector, ...single, ...Object.fromEntries(Object.entries({ ...double, ...ofDouble }).map(([name, row]) => [`double ${name}`, row])), shuffle: withByte.shuffle, shuffleWithin: withByte.shuffleWithin, shift: moves.shiftRight, ...Object.fromEntries(Object.entries(ofHalfWidth).map(([name, row]) => [`half ${name}`, row])) }).filter(([, { vex }]) => vex); // biome-ignore format: one thought

test.each(ofHalf)('%s of 256 bits is read as what it was given', (name, row) => {
  const draw = new Draw(`256 ${name}`);
  const assembler = new Half();
  const expected: string[] = [];
  const long = !row.kinds.includes('s');
  for (let time = 0; time < TIMES; time++) {
    const drawn = [...row.kinds].map((kind) => draw.of({ l: 'b', y: 'v' }[kind] ?? kind, 16));
    const texts = drawn.map(([, text], i) => {
      if (row.kinds[i] === 'l') return `ymm${Number(text) >> 4}`;
      return text.replace('ymm', 'xmm').replace('zmm', 'ymm');
    });
    // A last operand in the byte.
    const byte = 'bl'.includes(row.kinds.at(-1)!) ? (drawn.at(-1)![0] as number) : undefined;
    assembler.write(row, drawn.map(([operand]) => operand), byte, long); // biome-ignore format: one thought
    expected.push(`${row.name} ${texts.join(',')}`);
  }
  const read = disassembled(assembler.bytes);
  expect(read.map(({ text }) => text)).toEqual(expected);
  // Of two registers AVX2 has what AVX has of memory.
  for (const { features } of read) expect([row.vex, 'AVX']).toContain(features[0]);
});
