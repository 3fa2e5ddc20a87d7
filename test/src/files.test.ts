import {
  chmodSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { appendFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { FileError, onFile, writeFileAtomically } from '../../src/files.ts';
import { folderOfFile } from '../runs/command.ts';

const folder = folderOfFile();

test('a file is written whole, in folders that are made for it, and replaced whole', async () => {
  const path = join(folder, 'a', 'b', 'file');
  await writeFileAtomically(path, 'one');
  await writeFileAtomically(path, new Uint8Array([50]));
  expect(readFileSync(path, 'utf8')).toBe('2');
  expect(readdirSync(join(folder, 'a', 'b'))).toEqual(['file']);
});

test('where it cannot be written, the path and the reason are told', async () => {
  writeFileSync(join(folder, 'plain'), '');
  const path = join(folder, 'plain', 'file');
  await expect(writeFileAtomically(path, 'x')).rejects.toThrow(FileError);
  await expect(writeFileAtomically(path, 'x')).rejects.toThrow(
    `cannot write ${path}: part of its path is a file`,
  );
});

test.skipIf(!existsSync('/dev/full'))('a full disk is called one', async () => {
  await expect(onFile('FILE', () => appendFile('/dev/full', 'x'))).rejects.toThrow(
    'cannot write FILE: the disk is full (ENOSPC)',
  );
});

test('an error that is not the file system’s stays what it is', async () => {
  await expect(onFile('FILE', () => Promise.reject(new RangeError('oops')))).rejects.toThrow(RangeError);
});

test.skipIf(process.getuid?.() === 0)('a folder that nothing may be made in is called that', async () => {
  const closed = mkdtempSync(join(tmpdir(), 'ebmm-closed-'));
  chmodSync(closed, 0o555);
  await expect(writeFileAtomically(join(closed, 'a', 'b', 'c.json'), '{}')).rejects.toThrow(
    /cannot write .*c\.json: permission denied \(EACCES\)/,
  );
  rmSync(closed, { recursive: true });
});
