import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import protobuf from 'protobufjs';
import { expect, test } from 'vitest';
import { crc32c, EventLog, eventsPath, record } from '../../runs/tensorboard.ts';
import { folderOfFile } from './command.ts';
import { metrics, validations } from './plots/records.ts';

const folder = folderOfFile();

test('CRC-32C of the check value and of the vectors in RFC 3720', () => {
  expect(crc32c(Buffer.from('123456789'))).toBe(0xe3069283);
  expect(crc32c(new Uint8Array(32))).toBe(0x8a9136aa);
  expect(crc32c(new Uint8Array(32).fill(255))).toBe(0x62a8ab43);
});

/** Event and Summary as TensorFlow defines them, as far as they are used. */
const { root } = protobuf.parse(
  `
  syntax = "proto3";
  message Summary { message Value { string tag = 1; float simple_value = 2; } repeated Value value = 1; }
  message Event { double wall_time = 1; int64 step = 2; string file_version = 3; Summary summary = 5; }
`,
  { keepCase: true },
);
const Event = root.lookupType('Event');

/** All records of a file, by a reader that knows nothing of the writer but the format. */
function events(file: Buffer) {
  const list: Record<string, unknown>[] = [];
  for (let at = 0; at < file.length; ) {
    const length = Number(file.readBigUInt64LE(at));
    const data = file.subarray(at + 12, at + 12 + length);
    expect(file.subarray(at, at + 16 + length)).toEqual(record(data));
    list.push(Event.toObject(Event.decode(data), { longs: Number }));
    at += 16 + length;
  }
  return list;
}

test('what was logged and what is added are events with scalars', async () => {
  const lines = metrics(4);
  const log = await EventLog.open(folder, lines.slice(0, 2), 1000);
  for (const line of lines.slice(2)) await log.append(line);
  const [head, ...rest] = events(readFileSync(eventsPath(folder)));
  expect(head).toMatchObject({ file_version: 'brain.Event:2' });
  expect(rest.map((e) => e.step)).toEqual(lines.map((line) => line.step));
  // The second line was at 1 s of training, and was the last when the file was opened at 1000.
  expect(rest.map((e) => e.wall_time)).toEqual(lines.map((line) => 999 + line.seconds));
  for (const [i, { summary }] of rest.entries()) {
    const values = Object.fromEntries(
      (summary as { value: { tag: string; simple_value: number }[] }).value.map((v) => [
        v.tag,
        v.simple_value,
      ]),
    );
    expect(values['train/loss']).toBe(Math.fround(lines[i].loss));
    expect(values['train/error']).toBe(Math.fround(lines[i].error));
    expect(values['train/gradient_norm']).toBe(Math.fround(lines[i].gradient_norm));
  }
});

test('validations are events of their own, and each load has its curves', async () => {
  const lines = metrics(3, (i) => ({ patterns: [16, 32][i % 2] }));
  const records = validations(2, [16, 32]).map((record, i) => ({ ...record, step: [0, 25][i] }));
  const options = { validations: records.slice(0, 1), perLoad: true };
  const log = await EventLog.open(folder, lines.slice(0, 2), 1000, options);
  await log.appendValidation(records[1]);
  await log.append(lines[2]);
  const [, ...rest] = events(readFileSync(eventsPath(folder)));
  expect(rest.map((e) => e.step)).toEqual([0, 10, 20, 25, 30]);
  const tags = rest.map(({ summary }) => (summary as { value: { tag: string }[] }).value.map((v) => v.tag));
  expect(tags[0]).toEqual([
    'validation/error',
    'validation/error_at/16_patterns',
    'validation/error_at/32_patterns',
  ]);
  expect(tags[3]).toEqual(tags[0]);
  expect(tags[1]).toContain('train/error_at/16_patterns');
  expect(tags[2]).toContain('train/error_at/32_patterns');
  expect(tags[2]).not.toContain('train/error_at/16_patterns');
});

/** A Python with TensorBoard: EBMM_PYTHON, or python3. */
const python = process.env.EBMM_PYTHON || 'python3';
const has = (() => {
  try {
    execFileSync(python, ['-c', 'import tensorboard.backend.event_processing.event_accumulator'], {
      stdio: 'ignore',
    });
    return true;
  } catch {
    return false;
  }
})();
if (!has) console.warn(`not read with TensorBoard: ${python} has none (EBMM_PYTHON names another)`);

test.runIf(has)('TensorBoard reads the same', { timeout: 120_000 }, async () => {
  const lines = metrics(5);
  const log = await EventLog.open(folder, lines.slice(0, 3), 1000);
  for (const line of lines.slice(3)) await log.append(line);
  const script = `
import json, sys
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
a = EventAccumulator(sys.argv[1]); a.Reload()
print(json.dumps({tag: [[e.step, e.wall_time, e.value] for e in a.Scalars(tag)] for tag in a.Tags()['scalars']}))`;
  const read = JSON.parse(execFileSync(python, ['-c', script, eventsPath(folder)], { encoding: 'utf8' }));
  expect(Object.keys(read).sort()).toEqual([
    'speed/episodes_per_second',
    'train/error',
    'train/error_average',
    'train/gradient_norm',
    'train/learning_rate',
    'train/loss',
  ]);
  expect(read['train/loss']).toEqual(lines.map((l) => [l.step, 998 + l.seconds, Math.fround(l.loss)]));
});
