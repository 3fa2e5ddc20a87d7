/** @file Code that is repeated with other addresses is, byte for byte, what would be written. */
import { describe, expect, test, vi } from 'vitest';
import {
  at,
  type KernelAssembler,
  R9,
  RBX,
  RCX,
} from '../../../../../src/compile/emit/assembler/kernel-assembler.ts';
import { avx2, avx512, forTarget, type Target } from '../../../../../src/compile/emit/assembler/target.ts';
import {
  type MachineAssembler,
  X86Assembler,
} from '../../../../../src/compile/emit/assembler/x86-assembler.ts';
import { nativeCode } from '../../../../../src/compile/native/code.ts';
import { assemblerFor } from '../../../../../src/compile/native/machine.ts';
import { trace } from '../../../../../src/compile/trace/trace-backend.ts';
import { kinds } from '../../../../fuzz/kinds.ts';

/** How often the passage was written, and all code. */
function written(
  target: Target,
  starts: readonly number[],
  passage: (a: MachineAssembler, start: number) => void,
  repeating = true,
): { times: number; code: string } {
  return forTarget(target, () => {
    const a = assemblerFor(target);
    let times = 0;
    for (const start of starts) {
      const write = () => {
        times++;
        passage(a, start);
      };
      if (repeating) a.repeated('passage', [start], write);
      else write();
    }
    (a as { finish?(): void }).finish?.();
    return { times, code: Buffer.from(a.bytes).toString('hex') };
  });
}

const operand = (start: number, more = 0, index?: number) => ({
  ...at(RBX, start + more, index),
  operand: 0,
});
const constant = { ...at(RBX, 64), operand: 'constant' as const };

/** A loop over an operand, the last numbers of which a mask limits. */
function loop(a: KernelAssembler, start: number): void {
  a.set(R9, 0);
  a.setMask(1, 7);
  a.loop(RCX, 9, () => {
    a.load(3, operand(start, 4, R9));
    a.vector('add', 3, 3, constant, { broadcast: true });
    a.store(operand(start, 64, R9), 3, { mask: 1 });
  });
}

describe.each([avx512, avx2])('on $name', (target) => {
  test('a loop is written once', () => {
    const starts = [20000, 40004, 1 << 20, 20000];
    const { times, code } = written(target, starts, loop);
    expect(times).toBe(1);
    expect(code).toBe(written(target, starts, loop, false).code);
  });

  test('an address of another length is written', () => {
    const starts = [20000, 0, 40004, 60, 20000];
    const { times, code } = written(target, starts, loop);
    expect(times).toBe(3);
    expect(code).toBe(written(target, starts, loop, false).code);
  });

  test('what says not of all addresses where they belong is written', () => {
    const starts = [20000, 40004];
    const passage = (a: KernelAssembler, start: number) => {
      loop(a, start);
      a.load(1, at(RBX, start));
    };
    const { times, code } = written(target, starts, passage);
    expect(times).toBe(2);
    expect(code).toBe(written(target, starts, passage, false).code);
  });

  test.each(['rough', 'smooth', 'energy'] as const)('the code of random functions, %s', (kind) => {
    let repeated = 0;
    for (let seed = 0; seed < 12; seed++) {
      const { f, inputs } = kinds[kind](seed);
      const traced = trace(f, inputs);
      const code = () => {
        try {
          return Buffer.from(nativeCode(traced.inputs, traced.outputs, undefined, undefined, target).code);
        } catch {
          return undefined;
        }
      };
      const found = code();
      const keys = new Set<string>();
      let all = 0;
      const spy = vi.spyOn(X86Assembler.prototype, 'repeated').mockImplementation((key, _, write) => {
        all++;
        keys.add(key);
        write();
      });
      const expected = code();
      spy.mockRestore();
      repeated += all - keys.size;
      expect(found?.equals(expected!), `${kind} ${seed}`).toBe(expected && true);
    }
    if (kind !== 'rough') expect(repeated).toBeGreaterThan(50);
  });
});
