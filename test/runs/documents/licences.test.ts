import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { installed } from '../../../runs/documents/licences.ts';

const lock = readFileSync(new URL('../../../package-lock.json', import.meta.url), 'utf8');

/** Licences that ask for no more than to be named. */
const PERMISSIVE =
  /^\(?(0BSD|Apache-2\.0|BlueOak-1\.0\.0|BSD-[23]-Clause|CC0-1\.0|ISC|MIT|OFL-1\.1|Python-2\.0|Unlicense|WTFPL|Zlib|\(| |OR|AND|\))+\)?$/;

test('every package that a user gets has a licence that asks for no more than to be named', () => {
  const all = installed(lock);
  expect(all.length).toBeGreaterThan(20);
  expect(all.filter(({ licence }) => !PERMISSIVE.test(licence))).toEqual([]);
});

test('nothing that a user must have comes with an install step that wants more than the registry', () => {
  const { packages } = JSON.parse(lock);
  const steps = Object.entries(
    packages as Record<string, { hasInstallScript?: boolean; optional?: boolean; dev?: boolean }>,
  )
    .filter(([, { hasInstallScript, optional, dev }]) => hasInstallScript && !optional && !dev)
    .map(([path]) => path.split('node_modules/').at(-1));
  // A line of thanks, a check of versions, a faster start: none of them fails.
  expect(steps.sort()).toEqual(['core-js', 'esbuild', 'protobufjs']);
});
