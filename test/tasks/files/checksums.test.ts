import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { encode } from 'fast-png';
import { afterAll, expect, test } from 'vitest';
import { changedFiles, dataFiles } from '../../../tasks/files/checksums.ts';
import { filesOptions } from '../../../tasks/files/options.ts';

const folder = mkdtempSync(join(tmpdir(), 'ebmm-checksums-'));
afterAll(() => rmSync(folder, { recursive: true }));
const sha256 = (content: string | Uint8Array) => createHash('sha256').update(content).digest('hex');

test('files and folders of a task have sizes and checksums, which tell of every change', async () => {
  const text = '{"a": [[0, 1]], "b": [[1, 0]]}';
  writeFileSync(join(folder, 'x.json'), text);
  const picture = encode({ width: 1, height: 1, channels: 1, depth: 8, data: Uint8Array.of(3) });
  mkdirSync(join(folder, 'pictures', 'class'), { recursive: true });
  writeFileSync(join(folder, 'pictures', 'class', 'a.png'), picture);
  writeFileSync(join(folder, 'pictures', 'notes.md'), 'not of the task');
  const file = join(folder, 'x.json');
  const task = filesOptions.parse({ train: [`${file}#a`, `${file}#b`], test: ['pictures'] });
  const records = await dataFiles(task, { cache: '', directory: folder });
  expect(records).toEqual([
    { split: 'train', path: `${file}#a`, bytes: text.length, sha256: sha256(text) },
    { split: 'train', path: `${file}#b`, bytes: text.length, sha256: sha256(text) },
    {
      split: 'test',
      path: join(folder, 'pictures'),
      bytes: picture.length,
      sha256: sha256(`${sha256(picture)}  class/a.png\n`),
      files: 1,
    },
  ]);
  expect(await changedFiles(records)).toEqual([]);
  writeFileSync(join(folder, 'pictures', 'class', 'b.png'), picture);
  rmSync(file);
  const changed = await changedFiles(records.slice(1));
  expect(changed[0]).toBe(`${file}: is not there any more`);
  expect(changed[1]).toMatch(
    /pictures: has changed since: \d+ bytes, SHA-256 [0-9a-f]{64}, expected \d+ bytes/,
  );
});
