import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { expect, test } from 'vitest';
import { readTarGz } from '../../../tasks/data/tar.ts';
import { folderOf, randomBytes, tarGz } from './image-files.ts';

const FILES = { 'a.bin': randomBytes('a', 700), 'b.bin': randomBytes('b', 1024), empty: new Uint8Array() };

test('an archive gives its files, and no folders', () => {
  const entries = readTarGz('archive', tarGz('folder', FILES));
  expect([...entries.keys()]).toEqual(['folder/a.bin', 'folder/b.bin', 'folder/empty']);
  for (const [name, content] of Object.entries(FILES)) {
    expect([...entries.get(`folder/${name}`)!]).toEqual([...content]);
  }
});

const systemTar = () => {
  try {
    return execFileSync('tar', ['--version'], { stdio: 'pipe' }).length > 0;
  } catch {
    return false;
  }
};

test.runIf(systemTar())('so does one made by the system', () => {
  const folder = folderOf(
    Object.fromEntries(Object.entries(FILES).map(([name, c]) => [`folder/${name}`, c])),
  );
  execFileSync('tar', ['-czf', 'x.tar.gz', '--format=ustar', 'folder'], { cwd: folder });
  const entries = readTarGz('archive', readFileSync(join(folder, 'x.tar.gz')));
  expect([...entries.keys()].sort()).toEqual(['folder/a.bin', 'folder/b.bin', 'folder/empty']);
  expect([...entries.get('folder/a.bin')!]).toEqual([...FILES['a.bin']]);
});

test('damaged archives are refused in one line', () => {
  const whole = tarGz('folder', FILES);
  expect(() => readTarGz('x', whole.slice(0, 900))).toThrow(
    /^x is not a whole tar\.gz archive \(unexpected end of file\); get the file again$/,
  );
  expect(() => readTarGz('x', gzipSync(randomBytes('noise', 2048)))).toThrow('bad header at byte 0');
});

test('absolute and parent paths are refused', () => {
  expect(() => readTarGz('x', tarGz('../up', FILES))).toThrow('entry "../up');
  expect(() => readTarGz('x', tarGz('/etc', FILES))).toThrow('has an absolute or parent path');
});
