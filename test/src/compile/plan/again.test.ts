import * as tf from '@tensorflow/tfjs';
import { describe, expect, it } from 'vitest';
import type { NamedTensors, TensorFunction } from '../../../../src/compile/index.ts';
import { isSupported } from '../../../../src/compile/native/machine.ts';
import { NativeProgram } from '../../../../src/compile/native/native-program.ts';
import { plan } from '../../../../src/compile/plan/plan.ts';
import { trace } from '../../../../src/compile/trace/trace-backend.ts';
import { someNumbers } from '../emit/subroutine.ts';

const [ROWS, COLUMNS] = [40, 48];
const specs = { x: { shape: [ROWS, COLUMNS] }, s: { shape: [COLUMNS] } };

/** c = x s is needed before and after a sum over tanh(c). */
const product = ({ x, s }: NamedTensors) => {
  const c = tf.mul(x, s);
  const t = tf.tanh(c);
  return { y: tf.mul(tf.mul(c, tf.sum(t, 1, true)), tf.add(t, tf.sum(tf.square(t)))) };
};

describe.skipIf(!isSupported())('what is cheap', () => {
  it('is computed again instead of kept', () => {
    const { inputs, outputs } = trace(product, specs);
    const { steps } = plan(inputs, outputs);
    const written = new Set(
      steps.flatMap(({ writes }) => writes.filter(({ size }) => size === ROWS * COLUMNS)),
    );
    // tanh(c) and the result, but not c.
    expect(written.size).toBe(2);
  });

  it('is the same again', async () => {
    const values = { x: someNumbers(ROWS * COLUMNS, 1), s: someNumbers(COLUMNS, 2) };
    const program = new NativeProgram(trace(product, specs), specs, 0);
    const { y } = await program.run(values);
    program.free();
    const c = Array.from(values.x, (v, i) => v * values.s[i % COLUMNS]);
    const t = c.map(Math.tanh);
    const squares = t.reduce((sum, v) => sum + v * v, 0);
    for (let i = 0; i < c.length; i++) {
      const row = Math.floor(i / COLUMNS) * COLUMNS;
      const sum = t.slice(row, row + COLUMNS).reduce((a, b) => a + b, 0);
      expect(Math.abs(y[i] - c[i] * sum * (t[i] + squares))).toBeLessThan(1e-2);
    }
  });

  /** How many tensors as large as x are written. */
  function writtenOf(f: TensorFunction): number {
    const { inputs, outputs } = trace(f, specs);
    const written = plan(inputs, outputs).steps.flatMap(({ writes }) => writes);
    return new Set(written.filter(({ size }) => size === ROWS * COLUMNS)).size;
  }

  it('takes with it what only it is made of', () => {
    // Of t = tanh(x) and 1 - t^2, needed before and after a sum, t is kept, and the square nowhere.
    const slope = ({ x }: NamedTensors) => {
      const t = tf.tanh(x);
      const s = tf.sub(1, tf.square(t));
      const sums = tf.sum(tf.mul(t, s), 1, true);
      return { y: tf.mul(tf.mul(s, tf.add(s, 2)), tf.mul(sums, t)) };
    };
    expect(writtenOf(slope)).toBe(2);
  });

  it('is made of two tensors that are there where one operation needs it, of one that is not if it is needed twice', () => {
    const ofTwo = ({ x }: NamedTensors) => {
      const [a, b] = [tf.exp(x), tf.sin(x)];
      const sums = tf.sum(tf.mul(a, b), 1, true);
      const c = tf.add(a, b);
      const more = tf.sum(tf.tanh(tf.mul(tf.mul(c, sums), tf.add(b, sums))), 1, true);
      return { y: tf.mul(tf.mul(tf.add(a, more), tf.add(b, more)), tf.sum(c, 1, true)) };
    };
    // a, b and the result, not their sum.
    expect(writtenOf(ofTwo)).toBe(3);
  });
});
