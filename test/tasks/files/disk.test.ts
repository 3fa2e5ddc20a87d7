import { execFileSync, spawn } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { openBytes } from '../../../tasks/files/disk.ts';
import { folderOfFile } from '../../runs/command.ts';

const folder = folderOfFile();

/** A named pipe, filled by another process; undefined where the system has none. */
function pipe(name: string, bytes: number): string | undefined {
  const path = join(folder, name);
  try {
    execFileSync('mkfifo', [path], { stdio: 'ignore' });
  } catch {
    return undefined;
  }
  spawn('sh', ['-c', `head -c ${bytes} /dev/zero > "${path}"`], { stdio: 'ignore' });
  return path;
}

test('what comes from a pipe is read to its end, up to as much as is kept in memory', () => {
  const path = pipe('some', 100_000);
  if (!path) return console.warn('no named pipes here: not tried');
  const bytes = openBytes(path);
  expect(bytes.length).toBe(100_000);
  expect(bytes.at(0, 100_000).every((byte) => byte === 0)).toBe(true);
  const more = pipe('more', 300_000)!;
  expect(() => openBytes(more, 200_000)).toThrow(/more: more than 200000 bytes from a pipe or device; write/);
});

test('a file is the same in memory and on disk; a folder is none', () => {
  const path = join(folder, 'file');
  writeFileSync(path, Buffer.from([1, 2, 3, 4, 5]));
  for (const kept of [10, 2]) {
    const bytes = openBytes(path, kept);
    expect(bytes.length).toBe(5);
    expect([...bytes.at(1, 3)]).toEqual([2, 3, 4]);
  }
  expect(() => openBytes(folder)).toThrow(/cannot be read \(EISDIR\)/);
});
