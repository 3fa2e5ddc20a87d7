import { describe, expect, test } from 'vitest';
import { type LimitTarget, limitOf, limitOperations, measuredLimit } from '../../bench/limit.ts';
import { hasAvx2, isSupported } from '../../src/compile/native/machine.ts';

const targets: LimitTarget[] = [
  ...(isSupported() ? ['avx512' as const] : []),
  ...(hasAvx2() ? ['avx2' as const] : []),
  'wasm',
];

describe.each(targets)('%s', (target) => {
  test('it computes what is counted', async () => {
    // 16, 8 or 4 lanes, 24 or 12 sums, four times over, two operations each, 2^19 times.
    const each = { avx512: 16 * 24, avx2: 8 * 12, wasm: 4 * 12 }[target];
    expect(limitOperations(target)).toBe(8 * each * 2 ** 19);
    const limit = limitOf(target, 2);
    limit.one();
    await limit.all();
    await limit.end();
  });

  test('a rate is a number of operations a second', async () => {
    const { one, all } = await measuredLimit(target, 2, 1);
    // Any processor with vectors does 10^8; none 10^13.
    expect(one).toBeGreaterThan(0.1);
    expect(one).toBeLessThan(10_000);
    expect(all).toBeGreaterThan(0.1);
  });
});
