/** @file provenance.json: every session of a run, what it was made with and from. */
import { createHash } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { readProvenance } from '../../runs/provenance.ts';
import { ebmm, folderOfFile, tiny } from './command.ts';

const folder = folderOfFile();
const inside = (...names: string[]) => join(folder, ...names);
const sum = (file: string) => createHash('sha256').update(readFileSync(file)).digest('hex');

test('the first session, one that goes on, and one that begins from another run', async () => {
  writeFileSync(inside('tiny.json'), JSON.stringify(tiny));
  const run = inside('run');
  const begun = await ebmm(['train', inside('tiny.json'), '--out', run, '--threads', '1', '--set', 'seed=3']);
  expect(begun.status, begun.err).toBe(0);
  const before = Date.now();
  expect((await ebmm(['train', '--resume', run, '--steps', '6'])).status).toBe(0);
  // Has had all its updates: no session.
  expect((await ebmm(['train', '--resume', run])).status).toBe(0);
  const text = readFileSync(join(run, 'provenance.json'), 'utf8');
  const [first, second, ...others] = readProvenance(run);
  expect(others).toEqual([]);
  expect(first).toMatchObject({
    step: 0,
    command: ['train', '../tiny.json', '--out', '.', '--threads', '1', '--set', 'seed=3'],
    engine: { name: 'compiled', threads: 1, products: 'float32' },
    host: hostname(),
    platform: `${process.platform} ${process.arch}`,
    versions: { node: process.version, '@tensorflow/tfjs': '4.22.0' },
  });
  expect(first.versions.ebmm).toBe(JSON.parse(readFileSync('package.json', 'utf8')).version);
  expect(first.processor.cores).toBeGreaterThan(0);
  expect(second).toMatchObject({ step: 4, command: ['train', '--resume', '.', '--steps', '6'] });
  expect(Date.parse(second.at)).toBeGreaterThanOrEqual(before);
  expect(Date.parse(second.at)).toBeLessThanOrEqual(Date.now());
  expect(text).not.toContain(folder);

  const next = inside('next');
  const checkpoint = sum(join(run, 'checkpoint', 'state.safetensors'));
  const warm = await ebmm(['train', inside('tiny.json'), '--from', run, '--out', next]);
  expect(warm.status, warm.err).toBe(0);
  expect(readProvenance(next)[0].from).toEqual({ run: '../run', step: 6, sha256: checkpoint });
});

test('data files by checksum; a line where one has changed', async () => {
  const patterns = Array.from({ length: 40 }, (_, i) => Array.from({ length: 16 }, (_, j) => (i * (j + 3)) % 7 > 3 ? 1 : 0).join(',')); // biome-ignore format: one thought
  const file = inside('patterns.csv');
  writeFileSync(file, `${patterns.join('\n')}\n`);
  const config = { ...tiny, task: { name: 'files', train: [file] } };
  writeFileSync(inside('files.json'), JSON.stringify(config));
  const run = inside('of-files');
  const { status, err } = await ebmm(['train', inside('files.json'), '--out', run]);
  expect(status, err).toBe(0);
  const expected = { split: 'train', path: '../patterns.csv', sha256: sum(file) };
  expect(readProvenance(run)[0].data).toMatchObject([expected]);
  expect(JSON.parse(readFileSync(join(run, 'config.json'), 'utf8')).task.train).toEqual(['../patterns.csv']);
  const same = await ebmm(['train', '--resume', run, '--steps', '5']);
  expect(same.err).not.toContain('has changed');
  const asTrained = await ebmm(['evaluate', run, '--episodes', '1', '--against', 'none']);
  expect(asTrained.err).not.toContain('has changed');
  writeFileSync(file, `${patterns.reverse().join('\n')}\n`);
  const measured = await ebmm(['evaluate', run, '--episodes', '1', '--against', 'none']);
  expect(measured.status, measured.err).toBe(0);
  expect(measured.err.split('\n').filter((line) => line.includes('has changed since training'))).toHaveLength(
    1,
  );
  const other = await ebmm(['train', '--resume', run, '--steps', '6']);
  expect(other.status, other.err).toBe(0);
  expect(other.err).toContain(`${file} has changed since training began`);
});

test('passwords are left out, and where the user’s home lies', async () => {
  const { recordSession } = await import('../../runs/provenance.ts');
  const { parseConfig } = await import('../../meta/config.ts');
  const home = process.env.HOME;
  process.env.HOME = inside('home');
  const command = [
    'train',
    '--workers',
    'redis://me:secret@host:6379/0',
    `--out=${inside('home')}/runs/x`,
    '/elsewhere',
  ];
  const facts = {
    config: parseConfig(tiny, 'tiny'),
    engine: { name: 'none' } as never,
    step: 0,
    source: { cache: '' },
  };
  await recordSession(inside('quiet'), { ...facts, command });
  if (home === undefined) delete process.env.HOME;
  else process.env.HOME = home;
  const [{ command: kept }] = readProvenance(inside('quiet'));
  expect(kept?.slice(2, 4)).toEqual(['redis://***@host:6379/0', '--out=~/runs/x']);
  expect(kept?.[4]).toMatch(/^(\.\.\/)+elsewhere$/);
});

test('a record that is none is told', async () => {
  writeFileSync(inside('run', 'provenance.json'), '[{"step": "x"}]');
  expect(() => readProvenance(inside('run'))).toThrow('not a record of sessions (0.step: ');
});
