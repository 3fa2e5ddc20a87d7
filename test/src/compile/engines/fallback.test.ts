import * as tf from '@tensorflow/tfjs';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { Builder } from '../../../../src/compile/graph/builder.ts';
import {
  type CompiledEngineOptions,
  compiledEngine,
  type NamedTensors,
} from '../../../../src/compile/index.ts';
import { hasAvx2 } from '../../../../src/compile/native/machine.ts';
import { NativeProgram } from '../../../../src/compile/native/native-program.ts';
import { hasRuntime } from '../../../../src/compile/onnx/session-program.ts';
import { onNotice, withStrict } from '../../../../src/compile/program/notices.ts';
import { Refused } from '../../../../src/compile/program/unsupported.ts';

/** 2 sqrt(x): what the compiler fails at below. */
const f = ({ x }: NamedTensors) => ({ y: tf.mul(tf.sqrt(x), 2) });
const specs = { x: { shape: [3] } };

async function run(options: CompiledEngineOptions) {
  const engine = compiledEngine({ threads: 1, ...options });
  try {
    const program = await engine.compile(f, specs);
    return Array.from((await program.run({ x: Float32Array.of(1, 4, 9) })).y);
  } finally {
    await engine.dispose();
  }
}

let lines: string[] = [];
let before: (line: string) => void;
beforeEach(() => {
  lines = [];
  before = onNotice((line) => lines.push(line));
});
afterEach(() => {
  vi.restoreAllMocks();
  onNotice(before);
});

/** Runs it twice: one line in all, and an error in strict mode. */
async function expectWayRound(options: CompiledEngineOptions, line: RegExp) {
  for (let time = 0; time < 2; time++) expect(await withStrict(false, () => run(options))).toEqual([2, 4, 6]);
  expect(lines).toHaveLength(1);
  expect(lines[0]).toMatch(line);
  await withStrict(true, () => expect(run(options)).rejects.toThrow());
}

const boom = () => {
  throw new Error('boom');
};

describe('whatever fails, the next engine runs it, and one line says so', () => {
  test.skipIf(!hasAvx2())('machine code: WebAssembly', async () => {
    vi.spyOn(NativeProgram, 'ready').mockImplementation(boom);
    await expectWayRound(
      { target: 'avx2' },
      /machine code of AVX2 could not be made: WebAssembly .* \(boom\)/,
    );
  });

  test.skipIf(!hasRuntime())('onnxruntime: tfjs', async () => {
    const options = { target: 'onnxruntime' as const, session: { executionProviders: ['no-such-provider'] } };
    await expectWayRound(options, /tfjs runs this function, many times slower \(.*no-such-provider/);
  });

  test('a kernel: tfjs', async () => {
    vi.spyOn(Builder.prototype, 'unary').mockImplementation(boom);
    await expectWayRound({}, /tfjs runs this function, many times slower \(boom\)/);
  });

  test('a simplification: the graph as it was', async () => {
    // A sum of products becomes one product, by swapping axes; a transpose that is asked for is made otherwise.
    vi.spyOn(Builder.prototype, 'swapLast').mockImplementation(boom);
    const product = (a: tf.Tensor, b: tf.Tensor) =>
      tf.matMul(tf.transpose(a) as tf.Tensor2D, b as tf.Tensor2D);
    const sum = ({ a, b, c, d }: NamedTensors) => ({ y: tf.add(product(a, b), product(c, d)) });
    const shapes = Object.fromEntries([...'abcd'].map((name) => [name, { shape: [2, 20] }]));
    const ones = Object.fromEntries([...'abcd'].map((name) => [name, new Float32Array(40).fill(1)]));
    const engine = compiledEngine({ threads: 1 });
    const { y } = await (await withStrict(false, () => engine.compile(sum, shapes))).run(ones);
    expect(y).toEqual(new Float32Array(400).fill(4));
    expect(lines[0]).toMatch(/a simplification of the compiler \("sums"\) failed and was left out \(boom\)/);
    await withStrict(true, () => expect(compiledEngine().compile(sum, shapes)).rejects.toThrow('boom'));
    await engine.dispose();
  });
});

test.skipIf(!hasAvx2())('memory that the system refuses is no fault: WebAssembly runs it', async () => {
  vi.spyOn(NativeProgram, 'ready').mockImplementation(() => {
    throw new Refused('the system does not let memory be executed');
  });
  // Of two machine codes the second is not tried.
  expect(await run({})).toEqual([2, 4, 6]);
  expect(lines).toHaveLength(1);
  expect(lines[0]).toMatch(
    /^ebmm: machine code.* cannot run \(the system does not let memory be executed\): WebAssembly runs it instead, slower$/,
  );
});

test('a function that is wrong is an error of its own, not a fault of an engine', async () => {
  const engine = compiledEngine({ threads: 1 });
  const wrong = ({ x }: NamedTensors) => ({ y: tf.add(x, tf.zeros([2])) });
  await withStrict(false, () => expect(engine.compile(wrong, specs)).rejects.toThrow('do not broadcast'));
  expect(lines).toEqual([]);
  await engine.dispose();
});
