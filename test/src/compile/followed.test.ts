/** @file The function that src/compile/README.md follows through the compiler: what it says of it holds. */
import { readFileSync } from 'node:fs';
import * as tf from '@tensorflow/tfjs';
import { expect, test } from 'vitest';
import { grad } from '../../../src/autodiff/index.ts';
import { liveNodes } from '../../../src/compile/graph/graph.ts';
import type { TensorFunction } from '../../../src/compile/index.ts';
import { plan } from '../../../src/compile/plan/plan.ts';
import { trace } from '../../../src/compile/trace/trace-backend.ts';
import { compiledEngines } from './engines.ts';

const page = readFileSync(new URL('../../../src/compile/README.md', import.meta.url), 'utf8');
const f = (({ x, w }) => ({
  slope: grad((x) => tf.sum(tf.tanh(tf.matMul(x as tf.Tensor2D, w as tf.Tensor2D))))(x),
})) satisfies TensorFunction;
const specs = { x: { shape: [4, 32] }, w: { shape: [32, 16] } };

test('its graph is the table', () => {
  const rows = [...page.matchAll(/^\| (\d+) +\| (\w+) +\| (.*?) +\| (\[.*?\]) +\|$/gm)].map(
    ([, ...cells]) => cells,
  );
  const live = liveNodes(Object.values(trace(f, specs).outputs));
  expect(rows).toEqual(
    live.map(({ id, op, inputs, attributes, values, shape }) => {
      const from = inputs.map((input) => input.id).join(', ') || attributes.name || values?.join();
      return [`${id}`, op, from, `[${shape.join(', ')}]`];
    }),
  );
});

test('its steps are those of the plan', () => {
  const { inputs, outputs } = trace(f, specs);
  const steps = plan(inputs, outputs).steps.map(({ name }) => `\`${name}\``);
  expect(page).toContain(`makes three steps: ${steps.join(', ')}.`);
});

test('every target gives its slope', async () => {
  const numbers = (n: number, seed: number) =>
    Float32Array.from({ length: n }, (_, i) => Math.sin(seed + 7 * i) / 4);
  const [x, w] = [numbers(4 * 32, 1), numbers(32 * 16, 2)];
  const expected = new Float64Array(4 * 32);
  for (let i = 0; i < 4; i++)
    for (let k = 0; k < 16; k++) {
      let sum = 0;
      for (let j = 0; j < 32; j++) sum += x[32 * i + j] * w[16 * j + k];
      for (let j = 0; j < 32; j++) expected[32 * i + j] += (1 - Math.tanh(sum) ** 2) * w[16 * j + k];
    }
  for (const [name, engine] of compiledEngines()) {
    const { slope } = await (await engine.compile(f, specs)).run({ x, w });
    expect(Math.max(...Array.from(slope, (s, i) => Math.abs(s - expected[i]))), name).toBeLessThan(1e-5);
    await engine.dispose();
  }
});
