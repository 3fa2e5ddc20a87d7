/**
 * @file TensorBoard's event files: metrics as scalar summaries, one record each. Formats: TFRecord
 * (https://www.tensorflow.org/tutorials/load_data/tfrecord#tfrecords_format_details) and the messages Event and Summary of
 * tensorflow/core/util/event.proto.
 */
import { existsSync } from 'node:fs';
import { appendFile } from 'node:fs/promises';
import { join } from 'node:path';
import protobuf from 'protobufjs/minimal.js';
import { onFile, writeFileAtomically } from '../src/files.ts';
import type { Judgement } from './heldout.ts';
import { type Hparams, sessionEnd, sessionStart } from './hparams.ts';
import type { Metrics, Validation } from './records.ts';

/** Tags by which TensorBoard groups the curves. */
const TAGS = {
  loss: 'train/loss',
  error: 'train/error',
  error_average: 'train/error_average',
  gradient_norm: 'train/gradient_norm',
  learning_rate: 'train/learning_rate',
  episodes_per_second: 'speed/episodes_per_second',
} as const satisfies Partial<Record<keyof Metrics, string>>;

/** Further tags, one for each load. */
const errorAt = (kind: 'train' | 'validation', patterns: number) => `${kind}/error_at/${patterns}_patterns`;

export const eventsPath = (folder: string) => join(folder, 'tensorboard', 'events.out.tfevents.ebmm');

export const hasEvents = (folder: string) => existsSync(eventsPath(folder));

export interface EventLogOptions {
  /** What was validated so far. */
  validations?: readonly Validation[];
  /** Whether updates have several loads: then the training error of each has a curve of its own too. */
  perLoad?: boolean;
  /** The run's row in the table of hyperparameters. */
  hparams?: Hparams;
  /** Held-out errors that it was judged by so far. */
  judgements?: readonly Judgement[];
}

export class EventLog {
  readonly #path: string;
  readonly #perLoad: boolean;
  /** Unix time at which the run would have begun, had it never been interrupted. */
  readonly #began: number;

  private constructor(path: string, began: number, perLoad: boolean) {
    this.#path = path;
    this.#began = began;
    this.#perLoad = perLoad;
  }

  /**
   * Opens the event file of a run, written anew with what it has logged so far.
   * @param now Unix time in seconds
   */
  static async open(
    folder: string,
    metrics: readonly Metrics[],
    now: number,
    { validations = [], perLoad = false, hparams, judgements = [] }: EventLogOptions = {},
  ): Promise<EventLog> {
    const path = eventsPath(folder);
    const began = now - (metrics.at(-1)?.seconds ?? 0);
    const log = new EventLog(path, began, perLoad);
    const head = record(event(began, 0, (e) => e.uint32(tag(3, BYTES)).string('brain.Event:2')));
    const settings = hparams ? [summary(began, 0, [sessionStart(hparams, began)])] : [];
    const lines = [
      ...metrics.map((line) => ({ step: line.step, bytes: log.#recordOf(line) })),
      ...validations.map((line) => ({ step: line.step, bytes: log.#recordOfValidation(line) })),
      ...judgements.map((line) => ({
        step: line.steps,
        bytes: recordOfJudgement(line, began + line.seconds),
      })),
    ].sort((a, b) => a.step - b.step);
    await writeFileAtomically(path, Buffer.concat([head, ...settings, ...lines.map(({ bytes }) => bytes)]));
    return log;
  }

  async append(metrics: Metrics): Promise<void> {
    await onFile(this.#path, () => appendFile(this.#path, this.#recordOf(metrics)));
  }

  async appendValidation(validation: Validation): Promise<void> {
    await onFile(this.#path, () => appendFile(this.#path, this.#recordOfValidation(validation)));
  }

  #recordOf(metrics: Metrics): Buffer {
    const values = Object.entries(TAGS).map(
      ([key, name]) => [name, metrics[key as keyof typeof TAGS] ?? Number.NaN] as const,
    );
    const own = [errorAt('train', metrics.patterns), metrics.error ?? Number.NaN] as const;
    return this.#scalars(metrics, this.#perLoad ? [...values, own] : values);
  }

  #recordOfValidation(validation: Validation): Buffer {
    const loads = validation.loads.map(
      ({ patterns, error }) => [errorAt('validation', patterns), error] as const,
    );
    return this.#scalars(validation, [['validation/error', validation.error], ...loads]);
  }

  #scalars(
    { seconds, step }: Pick<Metrics, 'seconds' | 'step'>,
    values: readonly (readonly [name: string, value: number])[],
  ): Buffer {
    return summary(this.#began + seconds, step, values.map(scalar));
  }
}

/** Adds a judgement to the event file of a run, if it has one, and says that the run is over. */
export async function appendJudgement(folder: string, judgement: Judgement, now: number): Promise<void> {
  const path = eventsPath(folder);
  if (!hasEvents(folder)) return;
  const over = summary(now, judgement.steps, [sessionEnd(now)]);
  const bytes = Buffer.concat([recordOfJudgement(judgement, now), over]);
  await onFile(path, () => appendFile(path, bytes));
}

function recordOfJudgement({ steps, error, errors }: Judgement, time: number): Buffer {
  const loads = errors.map(
    (each) => [`heldout/error_at/${each.patterns}_patterns`, each.error ?? Number.NaN] as const,
  );
  return summary(time, steps, [['heldout/error', error ?? Number.NaN] as const, ...loads].map(scalar));
}

/** Summary.Value with a number. */
function scalar([name, value]: readonly [name: string, value: number]): Uint8Array {
  return protobuf.Writer.create().uint32(tag(1, BYTES)).string(name).uint32(tag(2, FIXED32)).float(value).finish(); // biome-ignore format: one line
}

/** A record with some Summary.Values. */
function summary(time: number, step: number, values: readonly Uint8Array[]): Buffer {
  return record(
    event(time, step, (e) => {
      e.uint32(tag(5, BYTES)).fork();
      for (const value of values) e.uint32(tag(1, BYTES)).bytes(value);
      e.ldelim();
    }),
  );
}

/** Wire types of protocol buffers. */
const VARINT = 0;
const FIXED64 = 1;
const BYTES = 2;
const FIXED32 = 5;
const tag = (field: number, wire: number) => (field << 3) | wire;

/** A message Event: wall_time (1), step (2), and what `fill` adds. */
function event(time: number, step: number, fill: (writer: protobuf.Writer) => void): Uint8Array {
  const writer = protobuf.Writer.create();
  writer.uint32(tag(1, FIXED64)).double(time).uint32(tag(2, VARINT)).int64(step);
  fill(writer);
  return writer.finish();
}

/** A TFRecord: length, its checksum, data, its checksum. */
export function record(data: Uint8Array): Buffer {
  const bytes = Buffer.alloc(16 + data.length);
  bytes.writeBigUInt64LE(BigInt(data.length));
  bytes.writeUInt32LE(maskedCrc(bytes.subarray(0, 8)), 8);
  bytes.set(data, 12);
  bytes.writeUInt32LE(maskedCrc(data), 12 + data.length);
  return bytes;
}

/** CRC-32C (Castagnoli), reflected polynomial 0x82f63b78. */
const CRC_TABLE = Uint32Array.from({ length: 256 }, (_, byte) => {
  let crc = byte;
  for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ 0x82f63b78 : crc >>> 1;
  return crc;
});

export function crc32c(data: Uint8Array): number {
  let crc = 0xffffffff;
  for (const byte of data) crc = (crc >>> 8) ^ CRC_TABLE[(crc ^ byte) & 0xff];
  return ~crc >>> 0;
}

/** Rotated and shifted, as TFRecord wants it. */
function maskedCrc(data: Uint8Array): number {
  const crc = crc32c(data);
  return (((crc >>> 15) | (crc << 17)) + 0xa282ead8) >>> 0;
}
