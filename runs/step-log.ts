/** @file Records of training in a file of JSON lines, each with its step: appended as training goes, cut back when it is resumed. */
import { type FileHandle, open, readFile } from 'node:fs/promises';
import type { z } from 'zod';
import { InputError } from '../src/errors.ts';
import { onFile, writeFileAtomically } from '../src/files.ts';

/**
 * All whole lines that are such records, in order; a line cut off by a crash is left out. None when there is no file.
 * @throws InputError when the file cannot be read
 */
export async function readStepLog<T>(file: string, schema: z.ZodType): Promise<T[]> {
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
    const checked = schema.safeParse(value);
    return checked.success ? [checked.data as T] : [];
  });
}

/** Where training appends its lines. Lines reach the disk before the checkpoint that presupposes them. */
export class StepLog<T extends { step: number }> {
  readonly #file: FileHandle;
  readonly #path: string;

  private constructor(file: FileHandle, path: string) {
    this.#file = file;
    this.#path = path;
  }

  /**
   * Opens the log of a run that has had `step` updates: what it had written after its last checkpoint is written again.
   * @param records all that the file holds
   */
  static async open<T extends { step: number }>(
    path: string,
    step: number,
    records: readonly T[],
  ): Promise<StepLog<T>> {
    const kept = step > 0 ? records.filter((line) => line.step <= step) : [];
    await writeFileAtomically(path, kept.map(lineOf).join(''));
    return new StepLog<T>(await open(path, 'a'), path);
  }

  async append(record: T): Promise<void> {
    await onFile(this.#path, () => this.#file.appendFile(lineOf(record)));
  }

  async sync(): Promise<void> {
    await onFile(this.#path, () => this.#file.sync());
  }

  async close(): Promise<void> {
    await this.#file.close();
  }
}

const lineOf = (record: object) => `${JSON.stringify(record)}\n`;
