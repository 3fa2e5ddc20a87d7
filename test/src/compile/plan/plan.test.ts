import * as tf from '@tensorflow/tfjs';
import { afterAll, describe, expect, test } from 'vitest';
import { Builder } from '../../../../src/compile/graph/builder.ts';
import type { Node } from '../../../../src/compile/graph/graph.ts';
import type { TensorFunction } from '../../../../src/compile/index.ts';
import { isSupported } from '../../../../src/compile/native/machine.ts';
import { NativeProgram } from '../../../../src/compile/native/native-program.ts';
import { plan } from '../../../../src/compile/plan/plan.ts';
import { trace } from '../../../../src/compile/trace/trace-backend.ts';
import { someNumbers } from '../emit/subroutine.ts';

const b = new Builder();
const input = (name: string, ...shape: number[]) => b.input(name, shape, 'float32');
const names = (outputs: Record<string, Node>, ...inputs: Node[]) =>
  plan(Object.fromEntries(inputs.map((node) => [node.attributes.name as string, node])), outputs).steps.map(({ name }) => name); // biome-ignore format: one thought

describe('what becomes a step', () => {
  const [x, y] = [input('x', 6, 40), input('y', 40)];

  test('operations on one shape share a loop; broadcasting is none', () => {
    const z = b.unary('Tanh', b.binary('Mul', x, y));
    expect(names({ z, w: b.binary('Sub', z, x) }, x, y)).toEqual(['loop 6x40']);
  });

  test('the sum of a product computes it itself', () => {
    expect(names({ s: b.reduce('ReduceSum', b.binary('Mul', x, y), [1]) }, x, y)).toEqual(['sum 6x40']);
  });

  test('views are no steps', () => {
    const w = b.slice(b.reshape(x, [6, 4, 10]), [0, 1, 2], [6, 2, 5]);
    expect(names({ z: b.unary('Exp', w) }, x)).toEqual(['loop 6x2x5']);
  });

  test('a product takes its first operand transposed, and its second', () => {
    const a = input('a', 40, 6);
    const turned = b.transpose(a, [1, 0]);
    expect(names({ p: b.matMul(turned, b.transpose(x, [1, 0])) }, a, x)).toEqual(['product 6x40x6']);
  });

  test('few columns stay where they are, though several products could share a copy', () => {
    const [a, few, many] = [input('a', 16, 800), input('few', 3, 800), input('many', 64, 800)];
    const twice = (rows: Node) => {
      const columns = b.transpose(rows, [1, 0]);
      return names({ p: b.matMul(a, columns), q: b.matMul(b.unary('Tanh', a), columns) }, a, rows);
    };
    expect(twice(few).filter((name) => name.startsWith('copy'))).toEqual([]);
    expect(twice(many).filter((name) => name.startsWith('copy'))).toEqual(['copy 800x64']);
  });

  test('parts are computed where they are wanted together', () => {
    const parts = b.concat([b.unary('Tanh', x), b.unary('Exp', x)], 1);
    expect(names({ p: b.matMul(parts, input('m', 80, 3)) }, x, input('m', 80, 3))).toEqual(['loop 6x40', 'product 6x80x3']); // biome-ignore format: one thought
  });
});

describe('sums of products', () => {
  const [a, c, d, e] = ['a', 'c', 'd', 'e'].map((name, i) => input(name, 32, i < 2 ? 20 : 24));
  const sum = b.matMul(b.transpose(b.concat([a, c], 0), [1, 0]), b.concat([d, e], 0));

  test('need no concatenation, and are added up as one', () => {
    expect(names({ sum }, a, c, d, e)).toEqual(['product 20x64x24']);
  });

  test('but use one that others need', () => {
    const both = b.concat([d, e], 0);
    const all = names({ sum, both }, a, c, d, e);
    expect(all.filter((name) => name.startsWith('product'))).toEqual(['product 20x64x24']);
    expect(all.filter((name) => name.startsWith('copy'))).toHaveLength(4);
  });
});

describe.skipIf(!isSupported())('products with a large matrix transposed', () => {
  const shapes = { x: [4, 160], z: [3, 160], W: [96, 160] };
  const specs = Object.fromEntries(Object.entries(shapes).map(([name, shape]) => [name, { shape }]));
  const f: TensorFunction = ({ x, z, W }) => {
    const p = tf.matMul(x as tf.Tensor2D, W as tf.Tensor2D, false, true);
    const q = tf.matMul(z as tf.Tensor2D, W as tf.Tensor2D, false, true);
    return { p, tanh: tf.tanh(tf.add(tf.mul(p, p), tf.sum(q, 0))), q: tf.matMul(q, tf.tanh(q), true) };
  };
  const program = new NativeProgram(trace(f, specs), specs, 0);
  afterAll(() => program.free());

  test('do without a copy of it', () => {
    expect(program.stepNames).toContain('product 96x160x4');
    expect(program.stepNames).toContain('product 96x160x3');
    expect(program.stepNames.filter((name) => name === 'copy 160x96')).toEqual([]);
  });

  test('are right, whatever uses them', async () => {
    const values = Object.fromEntries(Object.entries(shapes).map(([name, [m, n]], i) => [name, someNumbers(m * n, i + 1)])); // biome-ignore format: one thought
    const results = await program.run(values);
    const expected = tf.tidy(() => {
      const tensors = Object.fromEntries(Object.entries(values).map(([name, list]) => [name, tf.tensor(list, shapes[name as 'x'])])); // biome-ignore format: one thought
      return Object.entries(f(tensors)).map(([name, t]) => [name, t.dataSync()] as const);
    });
    for (const [name, list] of expected)
      for (const [i, value] of list.entries())
        expect(Math.abs(results[name][i] - value), name).toBeLessThan(1e-5 * (1 + Math.abs(value)));
  });
});
