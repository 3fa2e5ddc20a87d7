/** @file metrics.jsonl: a line for each logged update, appended as training goes and cut back when it is resumed. */
import { type FileHandle, open, readFile } from 'node:fs/promises';
import { z } from 'zod';
import { InputError } from '../src/errors.ts';
import { onFile, writeFileAtomically } from '../src/files.ts';
import type { Metrics } from './records.ts';

/** A line is its step and numbers, null being what JSON has for one that is not finite. */
const metricsSchema = z.object({ step: z.int().min(0) }).catchall(z.number().nullable());

/** All whole lines of metrics.jsonl, in order; a line cut off by a crash is left out. None when there is no file. */
export async function readMetricsFile(file: string): Promise<Metrics[]> {
  const text = await readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return '';
    throw new InputError(`${file}: cannot be read (${error.code})`);
  });
  return text.split('\n').flatMap((line) => {
    let value: unknown;
    try {
      value = JSON.parse(line);
    } catch {
      // Cut off; later lines may be whole.
      return [];
    }
    const checked = metricsSchema.safeParse(value);
    return checked.success ? [checked.data as unknown as Metrics] : [];
  });
}

/** Where training appends its lines. Lines reach the disk before the checkpoint that presupposes them. */
export class MetricsLog {
  readonly #file: FileHandle;
  readonly #path: string;

  private constructor(file: FileHandle, path: string) {
    this.#file = file;
    this.#path = path;
  }

  /** Opens the log of a run that has had `step` updates: what it had written after its last checkpoint is written again. */
  static async open(path: string, step: number): Promise<MetricsLog> {
    const kept = step > 0 ? (await readMetricsFile(path)).filter((line) => line.step <= step) : [];
    await writeFileAtomically(path, kept.map(lineOf).join(''));
    return new MetricsLog(await open(path, 'a'), path);
  }

  async append(metrics: Metrics): Promise<void> {
    await onFile(this.#path, () => this.#file.appendFile(lineOf(metrics)));
  }

  async sync(): Promise<void> {
    await onFile(this.#path, () => this.#file.sync());
  }

  async close(): Promise<void> {
    await this.#file.close();
  }
}

const lineOf = (metrics: Metrics) => `${JSON.stringify(metrics)}\n`;
