import { expect, test } from 'vitest';
import { folded } from '../../runs/fold.ts';
import { ebmm } from './command.ts';

test('what goes on stands under the text of a list, under the beginning of a paragraph', () => {
  const text = ['Numbers:', '  n of m  a b c d e f', 'one two three four'].join('\n');
  expect(folded(text, 20)).toBe('Numbers:\n  n of m  a b c d e\n          f\none two three four');
  expect(folded(text, 13)).toBe('Numbers:\n  n of m a b\n  c d e f\none two three\nfour');
});

test('a terminal that says it has no columns has as many as none', () => {
  const text = `  list  ${'word '.repeat(40).trim()}`;
  expect(folded(text, 0)).toBe(folded(text));
  expect(folded(text).split('\n')[0].length).toBeGreaterThan(70);
});

test('a word that is too long stays whole', () => {
  expect(folded(`a ${'x'.repeat(30)} b`, 10)).toBe(`a\n${'x'.repeat(30)}\nb`);
});

test.each(['evaluate', 'train', 'demo', 'universal', 'compare', 'sweep', 'stream', 'list'])(
  'help of %s has no line that is wider than a terminal',
  async (command) => {
    const { out, status } = await ebmm([command, '--help']);
    expect(status).toBe(0);
    for (const line of out.split('\n')) expect(line.length, line).toBeLessThanOrEqual(80);
  },
);
