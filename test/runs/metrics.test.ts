import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { openMetrics, readMetricsFile } from '../../runs/metrics.ts';
import { folderOfFile } from './command.ts';
import { metrics } from './plots/records.ts';

const folder = folderOfFile();
const record = (step: number) => ({ ...metrics(1)[0], step });

test('lines are appended and read back; what is not finite comes back as null', async () => {
  const path = join(folder, 'a.jsonl');
  const log = await openMetrics(path, 0);
  await log.append(record(1));
  await log.append({ ...record(2), loss: Number.NaN });
  await log.close();
  expect(await readMetricsFile(path)).toEqual([record(1), { ...record(2), loss: null }]);
});

test('opened at update 2, later lines and a line cut off are gone', async () => {
  const path = join(folder, 'b.jsonl');
  const lines = [1, 2, 3].map((step) => JSON.stringify(record(step)));
  writeFileSync(path, `${lines.join('\n')}\n{"step":4,"lo`);
  const log = await openMetrics(path, 2);
  await log.append(record(3));
  await log.close();
  expect(readFileSync(path, 'utf8')).toBe(`${lines.join('\n')}\n`);
});

test('lines that are not metrics are left out', async () => {
  const path = join(folder, 'c.jsonl');
  writeFileSync(
    path,
    `5\nnull\n[]\n{"step":"x"}\n{"step":1,"loss":{}}\n${JSON.stringify(record(7))}\n\u0000\n`,
  );
  expect(await readMetricsFile(path)).toEqual([record(7)]);
  expect(await readMetricsFile(join(folder, 'none.jsonl'))).toEqual([]);
});
