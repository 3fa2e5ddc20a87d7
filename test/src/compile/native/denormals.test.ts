/** @file Denormal numbers are 0 to machine code, on whatever thread it runs, and to nobody else. */
import type * as tf from '@tensorflow/tfjs';
import { describe, expect, test } from 'vitest';
import { compiledEngine } from '../../../../src/compile/index.ts';
import { Block, Executable, hasAvx2, isSupported } from '../../../../src/compile/native/machine.ts';
import { hasRuntime } from '../../../../src/compile/onnx/session-program.ts';
import { byExample } from '../../../../src/compile/split/split.ts';

const targets = [...(isSupported() ? ['avx512' as const] : []), ...(hasAvx2() ? ['avx2' as const] : [])];

/** What this thread's processor does with floating-point numbers: stmxcsr [rdi]; ret */
function control(): number {
  const block = new Block(4);
  const store = new Executable(Uint8Array.of(0x0f, 0xae, 0x1f, 0xc3));
  store.call(block.pointer);
  const [value] = new Uint32Array(block.buffer, 0, 1);
  store.free();
  block.free();
  return value;
}

const BATCH = 8;
const tiny = Float32Array.from({ length: 16 * BATCH }, () => 1e-20);
/** Products of 1e-40: entry by entry, and of matrices. */
const products = byExample(
  ({ x, w }) => ({ square: x.mul(x), product: (x as tf.Tensor3D).matMul(w as tf.Tensor3D) }),
  ['w'],
  ['x'],
);
const specs = { x: { shape: [BATCH, 4, 4] }, w: { shape: [1, 4, 4] } };
const values = { x: tiny, w: tiny.slice(0, 16) };

/** Numbers of JavaScript, which are not denormal to float32, and one that is to JavaScript. */
function javascript() {
  const halved = [1e-310, 5e-324].map((x) => x * Number(process.versions.node.split('.')[0]));
  expect(halved.every((x) => x > 0)).toBe(true);
}

describe.each(targets)('%s', (target) => {
  // In this thread, in those that Node has, and in threads of our own.
  test.each([1, 2, 6])(
    'denormal products are 0 on %d threads, and everything is as before to the caller',
    async (threads) => {
      const before = control();
      const engine = compiledEngine({ target, threads });
      const program = await engine.compile(products, specs);
      for (let time = 0; time < 2; time++) {
        const { square, product } = await program.run(values);
        expect([...square, ...product].every((x) => x === 0)).toBe(true);
        javascript();
        // Sticky flags of what JavaScript computed aside.
        expect(control() & ~0x3f).toBe(before & ~0x3f);
      }
      await engine.dispose();
    },
  );

  test('normal numbers are those of WebAssembly bit for bit, up to the least', async () => {
    const f = ({ x, y }: Record<string, tf.Tensor>) => ({ z: x.mul(y).add(x) });
    const x = Float32Array.from({ length: 400 }, (_, i) => (i % 2 ? 1 : -1) * 2 ** (i / 8 - 100) * 1.37);
    const y = Float32Array.from(x, (value) => 2 ** -20 / value);
    const of = async (name: 'wasm' | typeof target) => {
      const engine = compiledEngine({ target: name });
      const program = await engine.compile(f, { x: { shape: [400] }, y: { shape: [400] } });
      const { z } = await program.run({ x, y });
      await engine.dispose();
      return z;
    };
    expect(await of(target)).toEqual(await of('wasm'));
  });
});

test.skipIf(!isSupported() && !hasAvx2())(
  'other engines leave the numbers of JavaScript as they are',
  async () => {
    const before = control() & ~0x3f;
    for (const target of ['wasm', ...(hasRuntime() ? ['onnxruntime' as const] : [])] as const) {
      const engine = compiledEngine({ target, threads: 1 });
      const { square } = await (await engine.compile(products, specs)).run(values);
      expect(
        square.every((x) => x > 0 && x < 1e-39),
        target,
      ).toBe(true);
      expect(control() & ~0x3f).toBe(before);
      javascript();
      await engine.dispose();
    }
  },
);
