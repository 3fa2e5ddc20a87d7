import { expect, test } from 'vitest';
import { type Buffer, newBuffer } from '../../../../src/compile/layout/places.ts';
import { layOut } from '../../../../src/compile/plan/arena.ts';
import { stream } from '../../../../src/random.ts';

/** Steps that write one buffer each and read some that were written shortly before. */
function chain(seed: number, count: number) {
  const random = stream(seed, 'arena');
  const buffers: Buffer[] = [];
  const steps = Array.from({ length: count }, (_, i) => {
    const reads = [1, 2, 5]
      .map((back) => buffers[i - 1 - Math.floor(back * random.uniform())])
      .filter(Boolean);
    buffers.push(newBuffer(1 + Math.floor(200 * random.uniform())));
    return { name: '', reads, writes: [buffers[i]], emit: () => {} };
  });
  return { steps, buffers };
}

test.each([1, 2, 3, 4, 5])('buffers that are needed at one time do not overlap, %i', (seed) => {
  const { steps, buffers } = chain(seed, 60);
  const constant = newBuffer(7, [1]);
  steps[30].reads.push(constant);
  const given = newBuffer(50);
  steps[3].reads.push(given);
  const end = layOut(steps, [given], [buffers[10]], 100);
  const all = [...buffers, given, constant];
  const life = (buffer: Buffer) => {
    const used = steps.flatMap(({ reads, writes }, i) => ([...reads, ...writes].includes(buffer) ? [i] : []));
    if (buffer === given) used.push(-1);
    if (buffer === buffers[10]) used.push(steps.length);
    if (buffer === constant) used.push(-1, steps.length);
    return [Math.min(...used), Math.max(...used)];
  };
  for (const [i, a] of all.entries()) {
    expect(a.offset).toBeGreaterThanOrEqual(100);
    expect(a.offset + a.size).toBeLessThanOrEqual(end);
    for (const b of all.slice(i + 1)) {
      const [[a0, a1], [b0, b1]] = [life(a), life(b)];
      const together = a0 <= b1 && b0 <= a1;
      const overlap = a.offset < b.offset + b.size && b.offset < a.offset + a.size;
      expect(together && overlap).toBe(false);
    }
  }
  // Far less than all of them beside each other.
  expect(end - 100).toBeLessThan(all.reduce((sum, { size }) => sum + size + 16, 0) / 2);
});
