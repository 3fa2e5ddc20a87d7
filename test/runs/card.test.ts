/** @file Model cards: made from the files of a run, kept up to date, never over what a user wrote. */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { cardFile } from '../../runs/card.ts';
import { findRun, pretrainedNames } from '../../runs/run-folder.ts';
import { ebmm, folderOfFile, tiny } from './command.ts';

const folder = folderOfFile();
const run = join(folder, 'run');
const readme = join(run, 'README.md');
const read = () => readFileSync(readme, 'utf8');
const evaluate = (...argv: string[]) =>
  ebmm(['evaluate', run, '--episodes', '2', '--against', 'hebb', ...argv]);

beforeAll(async () => {
  writeFileSync(
    join(folder, 'tiny.json'),
    JSON.stringify({ ...tiny, network: { ...tiny.network, name: 'hopfield-site' } }),
  );
  const { status, err } = await ebmm(['train', join(folder, 'tiny.json'), '--out', run, '--threads', '1']);
  expect(status, err).toBe(0);
});

test('a run has one when training ends, from what its folder holds, and again after an evaluation', async () => {
  expect(read()).toContain('# run\n');
  expect(read()).toContain('its 136 floats of memory');
  expect(read()).toContain('| task | binary: patterns of 16 values |');
  expect(read()).toContain('| corruption | `resample:4`: exactly 4 random entries');
  expect(read()).toContain('| uncorrupted entries | **known** to recall |');
  expect(read()).toContain('| memory | 136 floats: 4,352 bits |');
  expect(read()).toContain('- 4 of 4 updates of 2 episodes');
  expect(read()).toMatch(
    /- \d{4}-\d\d-\d\d, from update 0: `ebmm train \.\.\/tiny\.json --out \. --threads 1`; ebmm \d/,
  );
  expect(read()).toContain('Not evaluated yet. Moving error in training, after 4 updates');
  expect(read()).not.toContain(folder);
  await evaluate();
  const { rows } = JSON.parse(readFileSync(join(run, 'evaluation.json'), 'utf8'));
  expect(read()).not.toContain('Not evaluated yet');
  expect(read()).toContain('| memory | floats | 2 patterns | 3 patterns |');
  expect(read()).toContain(`| hebb | ${rows[1].floats} | `);
  await evaluate('--no-known');
  expect(read()).toContain(
    '- [002-resample-4-not-known.json](evaluations/002-resample-4-not-known.json): `resample:4`, not known, 2 episodes, after 4 updates',
  );
});

test('what the user writes around it stays; a README of the user’s own is left alone', async () => {
  writeFileSync(readme, `Mine, above.\n\n${read()}\nMine, below: CC0.\n`);
  await evaluate('--corruption', 'flip:2');
  expect(read()).toMatch(/^Mine, above\.\n\n<!-- made by/);
  expect(read()).toMatch(/\nMine, below: CC0\.\n$/);
  expect(read()).toContain('flip-2-known.json');
  writeFileSync(readme, '# All mine\n');
  expect((await evaluate()).status).toBe(0);
  expect(read()).toBe('# All mine\n');
  const { status, err } = await ebmm(['card', run]);
  expect({ status, err }).toEqual({
    status: 2,
    err: `ebmm: ${readme}: not made by ebmm card, and left as it is; --out FILE puts the card elsewhere`,
  });
  const out = join(folder, 'card.md');
  expect((await ebmm(['card', run, '--out', out])).out).toBe(out);
  expect(readFileSync(out, 'utf8')).toMatch(/^# run\n/);
});

test('that of a pretrained memory is printed', async () => {
  const { status, out } = await ebmm(['card', 'binary-64']);
  expect(status).toBe(0);
  expect(out).toContain('MIT, as ebmm.');
  expect(out).toContain('| EBMM, published |  | 0 | 0 | 0.1 | 0.5 | 4.2 |');
});

describe('the card of a pretrained memory is there and as its files say (npm run results)', async () => {
  test.each(await pretrainedNames())('%s', async (name) => {
    const { file, text } = await cardFile(await findRun(name));
    expect(existsSync(file), file).toBe(true);
    expect(readFileSync(file, 'utf8')).toBe(text);
  });
});
