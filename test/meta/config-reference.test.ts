import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { parseConfig } from '../../meta/config.ts';
import { configKeys, configReference } from '../../meta/config-reference.ts';

const keys = configKeys();

test('the page CONFIG.md is what the schema says', () => {
  // When this fails: npm run -s ebmm -- config --reference > meta/CONFIG.md
  const page = readFileSync(new URL('../../meta/CONFIG.md', import.meta.url), 'utf8');
  expect(page.trimEnd()).toBe(configReference(keys).trimEnd());
});

test.each(keys)('$key ($of) has a meaning, values, and a default or a reason for none', (key) => {
  expect(key.meaning).not.toBe('');
  expect(key.values).not.toMatch(/undefined|NaN/);
  if (key.default === undefined) expect(key.required || /default: |name:size/.test(key.meaning)).toBe(true);
});

test.each(keys.filter(({ values }) => values.startsWith('whole number')))(
  '$key ($of): a slip of many digits is refused, not run for years',
  ({ key, values }) => {
    const only =
      /^(training\.(steps|warmup|log_every|save_every|tolerance|validate\.(every|seed))|(task\.)?seed)$/;
    if (!only.test(key)) expect(values).toMatch(/ to /);
  },
);

test('every key of a complete configuration is on the page', () => {
  const config = parseConfig({ task: { name: 'binary' }, network: { name: 'mlp' } }, 'here');
  const own = (value: object, path: string[] = []): string[] =>
    Object.entries(value).flatMap(([name, inner]) =>
      inner && typeof inner === 'object' && !Array.isArray(inner)
        ? own(inner, [...path, name])
        : [[...path, name].join('.')],
    );
  const known = keys.filter(({ of }) => of === undefined || ['binary', 'mlp'].includes(of));
  const missing = own(config).filter((key) => !key.endsWith('.name') && !known.some((k) => k.key === key));
  expect(missing).toEqual([]);
});

test('ranges and paper values stand in columns of their own', () => {
  const find = (key: string, of?: string) => keys.find((k) => k.key === key && k.of === of);
  expect(find('read.decay')).toMatchObject({ values: 'number above 0 below 1', default: '0.88' });
  expect(find('training.clip')).toMatchObject({ values: 'number above 0', paper: '0.05' });
  expect(find('task.dimension', 'binary')).toMatchObject({ values: 'whole number from 1 to 65536' });
  expect(find('network.file', 'custom')).toMatchObject({ required: true, values: 'text' });
});
