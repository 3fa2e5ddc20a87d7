import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { encode } from 'fast-png';
import { expect, test } from 'vitest';
import { main } from '../../../runs/cli.ts';
import type { IO } from '../../../runs/io.ts';
import { temporaryFolder } from '../../tasks/data/archives.ts';
import { folderOf, randomBytes } from '../../tasks/data/image-files.ts';

async function run(...argv: string[]) {
  const [out, err]: [string[], string[]] = [[], []];
  const io: IO = {
    out: (line) => out.push(line),
    err: (line) => err.push(line),
    stream: { isTTY: false } as NodeJS.WriteStream,
    env: {},
    stopping: {},
  };
  return { status: await main(['universal', ...argv], io), out, err };
}

const pictures = () =>
  folderOf(
    Object.fromEntries(
      Array.from({ length: 30 }, (_, n) => [
        `train/n${n % 3}/images/${n}.png`,
        encode({ width: 5, height: 5, channels: 3, depth: 8, data: randomBytes(`picture ${n}`, 75) }),
      ]),
    ),
  );

test('a folder of pictures is measured, as text, as JSON and as charts', async () => {
  const [data, folder] = [pictures(), temporaryFolder()];
  const options = ['noise', '--data', data, '--stored', '10', '--slices', '3', '--seed', '4'];
  const text = await run(...options, '--out', folder);
  expect(text.status).toBe(0);
  expect(text.out[0]).toMatch(/^noise: .*75 values, 3 slices, seed 4; fraction recalled$/);
  for (const name of ['noise.json', 'noise-absolute.png', 'noise-nearest.png']) {
    expect(existsSync(join(folder, name))).toBe(true);
  }
  const json = await run(...options, '--json');
  expect(json.out).toHaveLength(1);
  const measurement = JSON.parse(json.out[0]);
  expect(measurement).toMatchObject({
    experiment: 'noise',
    axis: 'deviation',
    threshold: 60,
    mode: 'correct',
  });
  expect(measurement.rows[0]).toMatchObject({ series: 'Euclidean', x: 0.05, nearest: 1, stored: 10 });
});

test('loads above --stored are left out', async () => {
  const { out } = await run('similarity', '--data', pictures(), '--stored', '10', '--slices', '2', '--json');
  const loads = JSON.parse(out[0]).rows.map((row: { x: number }) => row.x);
  expect([...new Set(loads)]).toEqual([2, 5, 10]);
});

test.each([
  [['similarities'], /unknown experiment "similarities"; there are similarity, separation, noise/],
  [['noise', '--data', '/nonexistent'], /\/nonexistent: no such file or folder/],
  [['similarity', '--stored', '1'], /--stored 1: expected at least 2/],
  [['noise', '--blank', '2'], /Expected a number from 0 to 1/],
  [['noise', '--slices', '0'], /Expected a whole number of at least 1/],
])('%o is wrong usage', async (argv, message) => {
  const { status, err } = await run(...argv);
  expect(status).toBe(2);
  expect(err.join('\n')).toMatch(message);
});
