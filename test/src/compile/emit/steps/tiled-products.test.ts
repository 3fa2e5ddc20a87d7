import * as tf from '@tensorflow/tfjs';
import { afterAll, describe, expect, test } from 'vitest';
import { grad, valueAndGradsOf } from '../../../../../src/autodiff/index.ts';
import type { PartCount } from '../../../../../src/compile/emit/products/tiles.ts';
import { compiledEngine, type TensorFunction } from '../../../../../src/compile/index.ts';
import { hasTiles } from '../../../../../src/compile/native/machine.ts';
import { NativeProgram } from '../../../../../src/compile/native/native-program.ts';
import { trace } from '../../../../../src/compile/trace/trace-backend.ts';
import { someNumbers } from '../subroutine.ts';

const specs = { x: { shape: [32, 64] }, W: { shape: [64, 96] }, V: { shape: [96, 48] } };
const values = {
  x: someNumbers(32 * 64, 1),
  W: someNumbers(64 * 96, 2).map((w) => w / 8),
  V: someNumbers(96 * 48, 3).map((v) => v / 10),
};

/** The slope of an energy's squared slope: products with weights, with them transposed, and sums of products of rows. */
const slopes: TensorFunction = ({ x, W, V }) => {
  const energy = (y: tf.Tensor, p: { W: tf.Tensor; V: tf.Tensor }) =>
    tf.sum(tf.square(tf.matMul(tf.tanh(tf.matMul(y, p.W)), p.V)));
  const { value, grads } = valueAndGradsOf((p) => {
    const weights = p as { W: tf.Tensor; V: tf.Tensor };
    const slope = grad((y) => energy(y, weights))(x);
    return tf.add(energy(x, weights), tf.sum(tf.square(slope)));
  })({ W, V });
  return { value, ...grads };
};

const names = (program: NativeProgram) => program.stepNames.map((name) => name.split(' ')[0]);
const count = (list: string[], name: string) => list.filter((other) => other === name).length;

describe.skipIf(!hasTiles())('a program with products by tiles', () => {
  const traced = trace(slopes, specs);
  const made = (bfloats?: PartCount) => new NativeProgram(traced, specs, 0, undefined, bfloats);
  const plain = made();
  const [three, two] = [made(3), made(2)];
  afterAll(() => {
    for (const program of [plain, three, two]) program.free();
  });

  test.each([
    ['three parts', three, 3e-6],
    ['two parts', two, 2e-4],
  ] as const)('of %s has the gradients of one without', async (_, program, tolerance) => {
    const [expected, found] = [await plain.run(values), await program.run(values)];
    for (const [name, list] of Object.entries(expected)) {
      const numbers = Array.from(list);
      const scale = Math.sqrt(numbers.reduce((sum, v) => sum + v * v, 0) / numbers.length);
      const worst = Math.max(...numbers.map((v, i) => Math.abs(v - found[name][i])));
      expect(worst / scale, name).toBeLessThan(tolerance);
    }
  });

  test('splits an operand once for all products that use it in one form', () => {
    const steps = names(three);
    expect(count(names(plain), 'split')).toBe(0);
    expect(steps[0]).toBe('tiles');
    // Of two operands a product; W and V, which most products use, are split as they are and transposed at most.
    const products = count(steps, 'product');
    expect(count(steps, 'split')).toBeLessThan(2 * products);
    for (const shape of ['96x64', '64x96', '48x96', '96x48'])
      expect(count(three.stepNames as string[], `split ${shape}`)).toBeLessThanOrEqual(1);
  });

  test('is the same each time, also in another thread', async () => {
    const first = await three.run(values);
    const memory = three.memory();
    memory.write(values);
    await three.executable.callElsewhere(memory.pointer);
    expect(memory.read()).toEqual(first);
    memory.free();
    expect(await three.run(values)).toEqual(first);
  });
});

test('tiles are refused where there are none', () => {
  const message = /^products "bfloat16x3": only in machine code for processors with tiles of bfloat16/;
  expect(() => compiledEngine({ target: 'onnxruntime', products: 'bfloat16x3' })).toThrow(message);
  expect(() => compiledEngine({ device: 'cuda', products: 'bfloat16x3' })).toThrow(message);
  expect(() => compiledEngine({ products: 'half' as 'float32' })).toThrow(
    /products is "half", expected one of float32, /,
  );
  if (!hasTiles()) expect(() => compiledEngine({ products: 'bfloat16x3' })).toThrow(message);
});
