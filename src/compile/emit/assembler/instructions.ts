/**
 * @file The instructions of x86-64 that programs are written in: a row for each. A test takes them apart again with a disassembler that is
 * not ours, with operands drawn at random, and compares what it reads and which processors have them.
 *
 * Names, encodings and places of operands are those of the Intel 64 Software Developer's Manual, volume 2.
 */

/** What a processor must have, by the names of the bits of CPUID. */
export type Feature =
  | 'X64'
  | 'TSC'
  | 'CPUID'
  | 'XSAVE'
  | 'AVX'
  | 'AVX2'
  | 'FMA'
  | 'AVX512F'
  | 'AVX512DQ'
  | 'AMX_TILE'
  | 'AMX_BF16';

/**
 * Where operands stand, in the order in which they are written: R the register of ModRM, M its register or memory, V the register of the
 * prefix, I a number at the end, O the register in the code itself, D how far to jump.
 */
export type Form =
  | 'MVR'
  | 'RVM'
  | 'RMV'
  | 'RVMI'
  | 'RM'
  | 'RMI'
  | 'MR'
  | 'VMI'
  | 'M'
  | 'MI'
  | 'R'
  | 'O'
  | 'OI'
  | 'D'
  | '';

/**
 * What operands may be, a letter for each: v a vector, u one of half as many bits, m one in memory, x either, or one number of memory for all entries, y a vector or one number of float64 for all; n one number of
 * memory, f that or the first of a vector, s the first of a vector; k a mask, g a general register of 32 bits, w one of 64, p 64 bits in
 * memory, a an address, t a tile, r rows in memory, at a distance that the index holds, c memory of 64 bytes; b a byte, l one
 * whose high half names a vector, h one with its
 * sign, d 32 bits, j a place in the code.
 */
export type Kinds = string;

export interface Instruction {
  readonly name: string;
  /** 0 none, 1 66, 2 F3, 3 F2. */
  readonly prefix: number;
  /** 0 none, 1 0F, 2 0F38, 3 0F3A. */
  readonly map: number;
  readonly code: number;
  /** Of vectors of float64: with masks and 512 bits it says so (W). */
  readonly wide: boolean;
  /** What stands for the register that ModRM names where it names none. */
  readonly digit: number;
  readonly form: Form;
  readonly kinds: Kinds;
  /** What vectors of 512 bits want, with masks and 32 registers; undefined where there is no such form. */
  readonly evex?: Feature;
  /** What the same want for vectors of 256 bits, and what wants no vectors. */
  readonly vex?: Feature;
}

const prefixes = ['66', 'F3', 'F2'];
const maps = ['0F', '0F38', '0F3A'];

/** @param encoding prefix, if any, map, W1 if so, code, and what stands for a register, if anything does: `66 0F 72 /2` */
function row(
  name: string,
  encoding: string,
  form: Form,
  kinds: Kinds,
  evex?: Feature,
  vex?: Feature,
): Instruction {
  const words = encoding.split(' ');
  const digit = words.at(-1)!.startsWith('/') ? Number(words.pop()!.slice(1)) : 0;
  const code = Number.parseInt(words.pop()!, 16);
  const wide = words.at(-1) === 'W1';
  if (wide) words.pop();
  const map = words.length > 0 ? maps.indexOf(words.pop()!) + 1 : 0;
  const prefix = words.length > 0 ? prefixes.indexOf(words[0]) + 1 : 0;
  return { name, prefix, map, code, wide, digit, form, kinds, evex, vex };
}

/* biome-ignore format: a table */
/** Vector operations of a destination and two sources. */
export const vector = {
  add:         row('vaddps',       '0F 58',      'RVM', 'vvx', 'AVX512F',  'AVX'),
  mul:         row('vmulps',       '0F 59',      'RVM', 'vvx', 'AVX512F',  'AVX'),
  sub:         row('vsubps',       '0F 5C',      'RVM', 'vvx', 'AVX512F',  'AVX'),
  /** Where either is no number, the second source; so are min and the sign of zero. */
  max:         row('vmaxps',       '0F 5F',      'RVM', 'vvx', 'AVX512F',  'AVX'),
  min:         row('vminps',       '0F 5D',      'RVM', 'vvx', 'AVX512F',  'AVX'),
  div:         row('vdivps',       '0F 5E',      'RVM', 'vvx', 'AVX512F',  'AVX'),
  and:         row('vandps',       '0F 54',      'RVM', 'vvx', 'AVX512DQ', 'AVX'),
  or:          row('vorps',        '0F 56',      'RVM', 'vvx', 'AVX512DQ', 'AVX'),
  xor:         row('vxorps',       '0F 57',      'RVM', 'vvx', 'AVX512DQ', 'AVX'),
  /** first * 2 to the floor of the second */
  scale:       row('vscalefps',    '66 0F38 2C', 'RVM', 'vvx', 'AVX512F'),
  /** destination = first * destination + second */
  fma213:      row('vfmadd213ps',  '66 0F38 A8', 'RVM', 'vvx', 'AVX512F',  'FMA'),
  /** destination = first * second + destination */
  fma231:      row('vfmadd231ps',  '66 0F38 B8', 'RVM', 'vvx', 'AVX512F',  'FMA'),
  /** destination = second - first * destination */
  fnma213:     row('vfnmadd213ps', '66 0F38 AC', 'RVM', 'vvx', 'AVX512F',  'FMA'),
  /** destination = destination - first * second */
  fnma231:     row('vfnmadd231ps', '66 0F38 BC', 'RVM', 'vvx', 'AVX512F',  'FMA'),
  /** As integers of 32 bits. */
  addIntegers: row('vpaddd',       '66 0F FE',   'RVM', 'vvx', 'AVX512F',  'AVX2'),
  unpackLow:   row('vunpcklps',    '0F 14',      'RVM', 'vvx', 'AVX512F',  'AVX'),
  unpackHigh:  row('vunpckhps',    '0F 15',      'RVM', 'vvx', 'AVX512F',  'AVX'),
  /** The second source where the mask is set, else the first. */
  blend:       row('vblendmps',    '66 0F38 65', 'RVM', 'vvx', 'AVX512F'),
};

/* biome-ignore format: a table */
/** Vector operations of a destination and one source. */
export const single = {
  sqrt:     row('vsqrtps',   '0F 51',      'RM', 'vx', 'AVX512F', 'AVX'),
  /** The exponent as a number. */
  exponent: row('vgetexpps', '66 0F38 42', 'RM', 'vx', 'AVX512F'),
};

/* biome-ignore format: a table */
/** Operations on vectors of float64, half as many numbers. */
export const double = {
  add:    row('vaddpd',      '66 0F W1 58',   'RVM', 'vvy', 'AVX512F', 'AVX'),
  mul:    row('vmulpd',      '66 0F W1 59',   'RVM', 'vvy', 'AVX512F', 'AVX'),
  sub:    row('vsubpd',      '66 0F W1 5C',   'RVM', 'vvy', 'AVX512F', 'AVX'),
  div:    row('vdivpd',      '66 0F W1 5E',   'RVM', 'vvy', 'AVX512F', 'AVX'),
};

/* biome-ignore format: a table */
/** What float64 takes of one source. */
export const ofDouble = {
  sqrt:   row('vsqrtpd',     '66 0F W1 51',   'RM',  'vv',  'AVX512F', 'AVX'),
  /** Byte 0: nearest even. */
  round:  row('vrndscalepd', '66 0F3A W1 09', 'RMI', 'vvb', 'AVX512F'),
  /** From float32. */
  widen:  row('vcvtps2pd',   '0F 5A',         'RM',  'vu',  'AVX512F', 'AVX'),
  /** To float32. */
  narrow: row('vcvtpd2ps',   '66 0F W1 5A',   'RM',  'uv',  'AVX512F', 'AVX'),
};

/* biome-ignore format: a table */
/** Vector operations with a constant byte: of one source, or of two. */
export const withByte = {
  /** One source. Byte 0: nearest even, 1: down, 2: up. */
  round:         row('vrndscaleps', '66 0F3A 08', 'RMI',  'vxb',  'AVX512F'),
  /** One source. Byte 0: the significand in [1, 2), with its sign; 2: in [0.5, 1). */
  significand:   row('vgetmantps',  '66 0F3A 26', 'RMI',  'vxb',  'AVX512F'),
  /** One source, within each 128 bits. */
  shuffleWithin: row('vpermilps',   '66 0F3A 04', 'RMI',  'vxb',  'AVX512F', 'AVX'),
  /** Two sources: two numbers of each within every 128 bits. */
  shuffle:       row('vshufps',     '0F C6',      'RVMI', 'vvxb', 'AVX512F', 'AVX'),
  /** Two sources: two blocks of 128 bits of each. */
  shuffleBlocks: row('vshuff32x4',  '66 0F3A 23', 'RVMI', 'vvxb', 'AVX512F'),
};

/* biome-ignore format: a table */
/** What moves vectors and numbers, compares, and shifts. */
export const moves = {
  load:          row('vmovups',      '0F 10',      'RM',   'vm',   'AVX512F', 'AVX'),
  store:         row('vmovups',      '0F 11',      'MR',   'mv',   'AVX512F', 'AVX'),
  move:          row('vmovups',      '0F 10',      'RM',   'vv',   'AVX512F', 'AVX'),
  loadFirst:     row('vmovss',       'F3 0F 10',   'RM',   'sn',   'AVX512F', 'AVX'),
  storeFirst:    row('vmovss',       'F3 0F 11',   'MR',   'ns',   'AVX512F', 'AVX'),
  broadcast:     row('vbroadcastss', '66 0F38 18', 'RM',   'vf',   'AVX512F', 'AVX2'),
  broadcastWide: row('vbroadcastsd', '66 0F38 W1 19', 'RM', 'vn', 'AVX512F'),
  broadcastFrom: row('vpbroadcastd', '66 0F38 7C', 'RM',   'vg',   'AVX512F'),
  /** Sets a mask; the byte is one of `compares`. */
  compare:       row('vcmpps',       '0F C2',      'RVMI', 'kvxb', 'AVX512F'),
  shiftRight:    row('vpsrld',       '66 0F 72 /2', 'VMI', 'vvb',  'AVX512F', 'AVX2'),
  maskFrom:      row('kmovw',        '0F 92',      'RM',   'kg',   undefined, 'AVX512F'),
  clearUpper:    row('vzeroupper',   '0F 77',      '',     '',     undefined, 'AVX'),
  /** How the processor rounds, which exceptions it tells of, and what it does with denormal numbers (MXCSR). */
  loadControl:   row('vldmxcsr',     '0F AE /2',   'M',    'n',    undefined, 'AVX'),
  storeControl:  row('vstmxcsr',     '0F AE /3',   'M',    'n',    undefined, 'AVX'),
};

/* biome-ignore format: a table */
/** What vectors of 256 bits take besides, which have no masks. */
export const ofHalfWidth = {
  load:        row('vmovups',      '0F 10',       'RM',   'vm',   undefined, 'AVX'),
  store:       row('vmovups',      '0F 11',       'MR',   'mv',   undefined, 'AVX'),
  loadFirst:   row('vmovss',       'F3 0F 10',    'RM',   'sn',   undefined, 'AVX'),
  storeFirst:  row('vmovss',       'F3 0F 11',    'MR',   'ns',   undefined, 'AVX'),
  broadcast:   row('vbroadcastss', '66 0F38 18',  'RM',   'vf',   undefined, 'AVX2'),
  fromGeneral: row('vmovd',        '66 0F 6E',    'RM',   'sg',   undefined, 'AVX'),
  broadcastWide: row('vbroadcastsd', '66 0F38 19', 'RM',  'vn',   undefined, 'AVX'),
  roundWide:   row('vroundpd',     '66 0F3A 09',  'RMI',  'vxb',  undefined, 'AVX'),
  compare:     row('vcmpps',       '0F C2',       'RVMI', 'vvxb', undefined, 'AVX'),
  round:       row('vroundps',     '66 0F3A 08',  'RMI',  'vxb',  undefined, 'AVX'),
  blend:       row('vblendps',     '66 0F3A 0C',  'RVMI', 'vvxb', undefined, 'AVX'),
  swap:        row('vperm2f128',   '66 0F3A 06',  'RVMI', 'vvxb', undefined, 'AVX'),
  toInteger:   row('vcvtps2dq',    '66 0F 5B',    'RM',   'vx',   undefined, 'AVX'),
  fromInteger: row('vcvtdq2ps',    '0F 5B',       'RM',   'vx',   undefined, 'AVX'),
  subIntegers: row('vpsubd',       '66 0F FA',    'RVM',  'vvx',  undefined, 'AVX2'),
  shift:       row('vpsrld',       '66 0F 72 /2', 'VMI',  'vvb',  undefined, 'AVX2'),
  /** The byte holds the register that selects in its high half. */
  select:      row('vblendvps',    '66 0F3A 4A',  'RVMI', 'vvxl', undefined, 'AVX'),
  /** Entries whose bit in the vector of the prefix is set. */
  storeSome:   row('vmaskmovps',   '66 0F38 2E',  'MVR',  'mvv',  undefined, 'AVX'),
  /** 128 bits of memory into a half. */
  insert:      row('vinsertf128',  '66 0F3A 18',  'RVMI', 'vvmb', undefined, 'AVX'),
};

/* biome-ignore format: a table */
/** Tiles: eight registers of 16 rows of 64 bytes (AMX). */
export const tileMoves = {
  configure: row('ldtilecfg',   '0F38 49',    'M',   'c',   undefined, 'AMX_TILE'),
  release:   row('tilerelease', '0F38 49',    '',    '',    undefined, 'AMX_TILE'),
  clear:     row('tilezero',    'F2 0F38 49', 'R',   't',   undefined, 'AMX_TILE'),
  load:      row('tileloadd',   'F2 0F38 4B', 'RM',  'tr',  undefined, 'AMX_TILE'),
  store:     row('tilestored',  'F3 0F38 4B', 'MR',  'rt',  undefined, 'AMX_TILE'),
  /** Of bfloat16, to a tile of float32: three tiles that differ. */
  multiply:  row('tdpbf16ps',   'F3 0F38 5C', 'RMV', 'ttt', undefined, 'AMX_BF16'),
};

/* biome-ignore format: a table */
/** General registers, 64 bits, and control. */
export const general = {
  clear:       row('xor',   '31',    'MR', 'gg', undefined, 'X64'),
  set:         row('mov',   'B8',    'OI', 'gd', undefined, 'X64'),
  copy:        row('mov',   '89',    'MR', 'ww', undefined, 'X64'),
  load:        row('mov',   '8B',    'RM', 'wp', undefined, 'X64'),
  store:       row('mov',   '89',    'MR', 'pw', undefined, 'X64'),
  address:     row('lea',   '8D',    'RM', 'wa', undefined, 'X64'),
  addShort:    row('add',   '83 /0', 'MI', 'wh', undefined, 'X64'),
  addLong:     row('add',   '81 /0', 'MI', 'wd', undefined, 'X64'),
  add:         row('add',   '01',    'MR', 'pw', undefined, 'X64'),
  sub:         row('sub',   '29',    'MR', 'pw', undefined, 'X64'),
  or:          row('or',    '09',    'MR', 'ww', undefined, 'X64'),
  shiftLeft:   row('shl',   'C1 /4', 'MI', 'wb', undefined, 'X64'),
  prefetch:    row('prefetcht0', '0F 18 /1', 'M', 'n', undefined, 'X64'),
  push:        row('push',  '50',    'O',  'w',  undefined, 'X64'),
  pop:         row('pop',   '58',    'O',  'w',  undefined, 'X64'),
  jumpNotZero: row('jne',   '0F 85', 'D',  'j',  undefined, 'X64'),
  jump:        row('jmp',   'E9',    'D',  'j',  undefined, 'X64'),
  call:        row('call',  'E8',    'D',  'j',  undefined, 'X64'),
  return:      row('ret',   'C3',    '',   '',   undefined, 'X64'),
  /** Cycles of the processor's clock: the low half in RAX, the high one in RDX. */
  cycles:      row('rdtsc', '0F 31', '',   '',   undefined, 'TSC'),
};

/** How a comparison asks (without signals): greater and greaterOrEqual are the negations of these, or exchange the sources. */
export const compares = { equal: 0x00, less: 0x11, lessOrEqual: 0x12, unordered: 0x03, notEqual: 0x04 };
