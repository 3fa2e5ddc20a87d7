import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import protobuf from 'protobufjs';
import { expect, test } from 'vitest';
import { appendJudgement, crc32c, EventLog, eventsPath, record } from '../../runs/tensorboard.ts';
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

test.runIf(has)(
  'TensorBoard shows runs in its table of hyperparameters, seeds as one row',
  { timeout: 180_000 },
  async () => {
    const logs = join(folder, 'hparams');
    const lines = metrics(3);
    const trials = [
      ['a', { 'network.width': 8, known: true, corruption: 'resample:4' }, 1],
      ['b', { 'network.width': 8, known: true, corruption: 'resample:4' }, 3],
      ['c', { 'network.width': 16, known: false, corruption: 'flip:4' }, 5],
    ] as const;
    for (const [name, values, error] of trials) {
      const run = join(logs, name);
      const log = await EventLog.open(run, lines.slice(0, 2), 1000, { hparams: { values, group: JSON.stringify(values) } }); // biome-ignore format: one line
      await log.append(lines[2]);
      const judgement = { steps: 30, error, unit: 'bits' as const, errors: [{ patterns: 2, error }], seconds: 1, engine: '' }; // biome-ignore format: one line
      await appendJudgement(run, judgement, 2000);
    }
    const script = `
import json, sys
from tensorboard.backend.event_processing import data_provider, plugin_event_multiplexer
from tensorboard.plugins import base_plugin
from tensorboard.plugins.hparams import api_pb2, backend_context, get_experiment, list_session_groups
from tensorboard import context
from google.protobuf import json_format
m = plugin_event_multiplexer.EventMultiplexer(); m.AddRunsFromDirectory(sys.argv[1]); m.Reload()
ctx = backend_context.Context(base_plugin.TBContext(data_provider=data_provider.MultiplexerDataProvider(m, sys.argv[1])))
rc = context.RequestContext()
e = get_experiment.Handler(rc, ctx, '', api_pb2.GetExperimentRequest()).run()
request = api_pb2.ListSessionGroupsRequest(slice_size=10, start_index=0, aggregation_type=api_pb2.AGGREGATION_AVG, allowed_statuses=[0, 1, 2, 3])
for i in e.metric_infos:
    c = request.col_params.add(); c.metric.CopyFrom(i.name)
g = list_session_groups.Handler(rc, ctx, '', request).run()
print(json.dumps([[i.name for i in e.hparam_infos],
  [{'name': s.name, 'hparams': json_format.MessageToDict(s)['hparams'], 'sessions': [[x.name, x.status] for x in s.sessions],
    'heldout': [v.value for v in s.metric_values if v.name.tag == 'heldout/error']} for s in g.session_groups]]))`;
    const said = execFileSync(python, ['-c', script, logs], {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const [infos, groups] = JSON.parse(said);
    expect(infos.sort()).toEqual(['corruption', 'known', 'network.width']);
    const rows = groups.map(({ hparams, heldout, sessions }: Record<string, unknown[]>) => ({ hparams, heldout, n: sessions.length })); // biome-ignore format: one line
    expect(rows).toContainEqual({ hparams: { 'network.width': 8, known: true, corruption: 'resample:4' }, heldout: [2], n: 2 }); // biome-ignore format: one line
    expect(rows).toContainEqual({ hparams: { 'network.width': 16, known: false, corruption: 'flip:4' }, heldout: [5], n: 1 }); // biome-ignore format: one line
    expect(groups.flatMap(({ sessions }: { sessions: unknown[] }) => sessions)).toContainEqual(['c/tensorboard', 1]); // biome-ignore format: one line
  },
);
