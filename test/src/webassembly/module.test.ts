import { describe, expect, it } from 'vitest';
import wabtModule from 'wabt';
import { Body, I32, V128 } from '../../../src/webassembly/body.ts';
import { Bytes } from '../../../src/webassembly/bytes.ts';
import { plain, simd } from '../../../src/webassembly/instructions.ts';
import { writeModule } from '../../../src/webassembly/module.ts';
import { hasVectors, runtime } from '../../../src/webassembly/runtime.ts';

/** The text of a module, by an independent reader (WABT). */
async function disassembled(bytes: Uint8Array, validate = true): Promise<string> {
  const wabt = await wabtModule();
  const features = { simd: true, relaxed_simd: true, threads: true };
  const module = wabt.readWasm(bytes, features);
  try {
    module.generateNames();
    // It knows of no shared memory when it validates.
    if (validate) module.validate();
    return module.toText({});
  } finally {
    module.destroy();
  }
}

const withBody = (body: Body, parameters = 0) =>
  writeModule({ memory: { exported: 'memory', pages: 1 }, functions: [{ parameters, body: body.finish() }] });

/** What the specification calls them, and what they take from the stack (v: vector, i: integer). */
const named: Record<Exclude<keyof typeof simd, 'constant' | 'shuffle'>, [name: string, takes: string]> = {
  load: ['v128.load', 'i'],
  loadSplat32: ['v128.load32_splat', 'i'],
  store: ['v128.store', 'iv'],
  i32x4Splat: ['i32x4.splat', 'i'],
  f32x4Splat: ['f32x4.splat', 'f'],
  f64x2Lane: ['f64x2.extract_lane', 'v'],
  f32x4Equal: ['f32x4.eq', 'vv'],
  f32x4NotEqual: ['f32x4.ne', 'vv'],
  f32x4Less: ['f32x4.lt', 'vv'],
  f32x4LessOrEqual: ['f32x4.le', 'vv'],
  not: ['v128.not', 'v'],
  and: ['v128.and', 'vv'],
  andNot: ['v128.andnot', 'vv'],
  or: ['v128.or', 'vv'],
  xor: ['v128.xor', 'vv'],
  select: ['v128.bitselect', 'vvv'],
  loadLane32: ['v128.load32_lane', 'iv'],
  storeLane32: ['v128.store32_lane', 'iv'],
  storeLane64: ['v128.store64_lane', 'iv'],
  loadZero32: ['v128.load32_zero', 'i'],
  f32x4Ceil: ['f32x4.ceil', 'v'],
  f32x4Floor: ['f32x4.floor', 'v'],
  f32x4Truncate: ['f32x4.trunc', 'v'],
  f32x4Nearest: ['f32x4.nearest', 'v'],
  f32x4Demote: ['f32x4.demote_f64x2_zero', 'v'],
  f64x2Promote: ['f64x2.promote_low_f32x4', 'v'],
  f64x2Nearest: ['f64x2.nearest', 'v'],
  f64x2Sqrt: ['f64x2.sqrt', 'v'],
  i32x4ShiftLeft: ['i32x4.shl', 'vi'],
  i32x4ShiftRightSigned: ['i32x4.shr_s', 'vi'],
  i32x4ShiftRight: ['i32x4.shr_u', 'vi'],
  i32x4Add: ['i32x4.add', 'vv'],
  i32x4Sub: ['i32x4.sub', 'vv'],
  i64x2ShiftRight: ['i64x2.shr_u', 'vi'],
  i64x2Add: ['i64x2.add', 'vv'],
  f32x4Abs: ['f32x4.abs', 'v'],
  f32x4Neg: ['f32x4.neg', 'v'],
  f32x4Sqrt: ['f32x4.sqrt', 'v'],
  f32x4Add: ['f32x4.add', 'vv'],
  f32x4Sub: ['f32x4.sub', 'vv'],
  f32x4Mul: ['f32x4.mul', 'vv'],
  f32x4Div: ['f32x4.div', 'vv'],
  f32x4Min: ['f32x4.min', 'vv'],
  f32x4Max: ['f32x4.max', 'vv'],
  f32x4PseudoMin: ['f32x4.pmin', 'vv'],
  f32x4PseudoMax: ['f32x4.pmax', 'vv'],
  f64x2Abs: ['f64x2.abs', 'v'],
  f64x2Add: ['f64x2.add', 'vv'],
  f64x2Sub: ['f64x2.sub', 'vv'],
  f64x2Mul: ['f64x2.mul', 'vv'],
  f64x2Div: ['f64x2.div', 'vv'],
  i32x4FromF32x4: ['i32x4.trunc_sat_f32x4_s', 'v'],
  f32x4FromI32x4: ['f32x4.convert_i32x4_s', 'v'],
  relaxedMultiplyAdd: ['f32x4.relaxed_madd', 'vvv'],
  relaxedNegativeMultiplyAdd: ['f32x4.relaxed_nmadd', 'vvv'],
};
const memory = new Set(['load', 'loadSplat32', 'store', 'loadZero32']);
const lanes = new Set(['loadLane32', 'storeLane32', 'storeLane64']);
const nothing = new Set(['store', 'storeLane32', 'storeLane64']);

function written(name: keyof typeof named): Body {
  const body = new Body();
  for (const what of named[name][1])
    if (what === 'v') body.vector([1, 2, 3, 4]);
    else if (what === 'i') body.integer(8);
    else body.raw([0x43, 0, 0, 0, 0]);
  if (memory.has(name)) body.memory(simd[name], 1040);
  else if (lanes.has(name)) body.lane(simd[name], 1040, 1);
  else body.simd(simd[name]);
  if (name === 'f64x2Lane') body.raw([1]);
  if (!nothing.has(name)) body.raw([0x1a]);
  return body;
}

describe('instructions', () => {
  it.each(Object.keys(named) as (keyof typeof named)[])('%s is read as what it is called', async (name) => {
    const text = await disassembled(withBody(written(name)));
    const line = text.split('\n').find((one) => one.includes(` ${named[name][0]}`))!;
    expect(line).toBeDefined();
    if (memory.has(name) || lanes.has(name)) expect(line).toContain('offset=1040');
  });

  it('constants and shuffles hold what was given', async () => {
    const body = new Body();
    for (let i = 0; i < 2; i++) body.vector([0x3f800000, 0xffffffff, 7, 0]);
    body.shuffle([0, 4, 3, 7]);
    body.raw([0x1a]);
    const text = await disassembled(withBody(body));
    expect(text).toContain('v128.const i32x4 0x3f800000 0xffffffff 0x00000007 0x00000000');
    expect(text).toContain('i8x16.shuffle 0 1 2 3 16 17 18 19 12 13 14 15 28 29 30 31');
  });

  it('plain ones are read as what they are called', async () => {
    const body = new Body(2);
    const local = body.local(I32);
    body.get(0);
    body.integer(-70_000);
    body.plain(plain.i32Add);
    body.tee(local);
    body.get(1);
    body.plain(plain.i32Sub);
    body.set(local);
    body.get(0);
    body.get(1);
    body.word(plain.i32Load, 300);
    body.word(plain.i32Store, 4);
    const text = (await disassembled(withBody(body, 2))).replace(/\s+/g, ' ');
    expect(text).toContain(
      'local.get 0 i32.const -70000 i32.add local.tee 2 local.get 1 i32.sub local.set 2 local.get 0 local.get 1 i32.load offset=300 i32.store offset=4',
    );
  });
});

describe('LEB128', () => {
  const values = [0, 1, 63, 64, 127, 128, 300, 16_383, 16_384, 2 ** 31 - 1, 2 ** 31, 2 ** 32 - 1];

  it.each(values)('%d without a sign', (value) => {
    const bytes = new Bytes(1);
    bytes.unsigned(value);
    const read = [...bytes.written].reduce((sum, byte, i) => sum + (byte & 0x7f) * 2 ** (7 * i), 0);
    expect(read).toBe(value);
  });

  it.each([
    ...values.filter((v) => v < 2 ** 31),
    ...values.filter((v) => v < 2 ** 31).map((v) => -v),
    -(2 ** 31),
  ])('%d with its sign', async (value) => {
    const body = new Body();
    body.integer(value);
    body.raw([0x1a]);
    expect(await disassembled(withBody(body))).toContain(`i32.const ${value}\n`);
  });
});

describe('modules', () => {
  it('import functions and shared memory, call, and loop', async () => {
    const [pages, count] = [2, 10];
    const add = new Body(1);
    const sum = add.local(V128);
    const counter = add.local(I32);
    add.integer(count);
    add.set(counter);
    add.loop(() => {
      add.get(sum);
      add.get(0);
      add.memory(simd.load, 16);
      add.simd(simd.f32x4Add);
      add.set(sum);
      add.get(counter);
      add.integer(-1);
      add.plain(plain.i32Add);
      add.tee(counter);
    });
    add.get(0);
    add.get(sum);
    add.memory(simd.store, 32);
    const run = new Body();
    run.integer(5);
    run.call(0);
    run.integer(64);
    run.call(1);
    const bytes = writeModule({
      imports: [{ module: 'outside', name: 'seen', parameters: 1 }],
      memory: { imported: { module: 'outside', name: 'memory' }, pages, shared: true },
      functions: [
        { parameters: 1, body: add.finish() },
        { parameters: 0, body: run.finish(), exported: 'run' },
      ],
    });
    expect(await disassembled(bytes, false)).toContain('2 2 shared)');
    expect(hasVectors()).toBe(true);
    const shared = new runtime!.Memory({ initial: pages, maximum: pages, shared: true });
    const numbers = new Float32Array(shared.buffer);
    numbers.set([1, 2, 3, 4], 20);
    const seen: number[] = [];
    const outside = { memory: shared, seen: (value: number) => seen.push(value) };
    const { exports } = new runtime!.Instance(new runtime!.Module(bytes), { outside });
    (exports.run as () => void)();
    expect(seen).toEqual([5]);
    expect([...numbers.subarray(24, 28)]).toEqual([10, 20, 30, 40]);
  });
});
