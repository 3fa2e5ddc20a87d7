/** @file Files of patterns for `recall` and `store`: JSON lists, or lines of 0 and 1. */
import { readFile } from 'node:fs/promises';
import { InputError } from '../src/errors.ts';
import { parseJson, withoutMark } from '../src/json.ts';
import { MOST_NUMBERS } from '../src/memory/inputs.ts';

/** Bytes of a file: more than MOST_NUMBERS written out would take. */
const LARGEST = 2 ** 28;

/**
 * Patterns of `size` values in [0, 1].
 * @throws InputError naming the file and line, with what to do where it is another kind of file
 */
export async function readPatterns(file: string, size: number): Promise<Float32Array[]> {
  const bytes = await readFile(file).catch((error: NodeJS.ErrnoException) => {
    throw new InputError(
      `${file}: ${error.code === 'ENOENT' ? 'no such file' : `cannot be read (${error.code})`}`,
    );
  });
  if (bytes.length > LARGEST)
    throw new InputError(`${file}: ${bytes.length} bytes, expected at most ${LARGEST}`);
  const kind = kindOf(bytes);
  if (kind)
    throw new InputError(`${file}: ${kind}, expected lines of 0 and 1 or a JSON list of lists of numbers`);
  const text = withoutMark(bytes.toString('utf8'));
  const rows = text.trimStart().startsWith('[') ? fromJson(text, file) : fromLines(text, file);
  if (rows.length === 0) throw new InputError(`${file}: holds no patterns`);
  if (rows.length * size > MOST_NUMBERS) {
    throw new InputError(
      `${file}: ${rows.length} patterns of ${size} values, expected at most ${MOST_NUMBERS} numbers`,
    );
  }
  for (const [i, row] of rows.entries()) {
    const where = `${file}: pattern ${i + 1}`;
    if (row.length !== size) throw new InputError(`${where} has ${row.length} values, expected ${size}`);
    const wrong = row.find((v) => typeof v !== 'number' || !(v >= 0 && v <= 1));
    if (wrong !== undefined)
      throw new InputError(`${where} holds ${shown(wrong)}, expected numbers from 0 to 1${hint(rows)}`);
  }
  return rows.map((row) => Float32Array.from(row));
}

/** A mask likewise, of as many lines as there are queries. */
export async function readMask(file: string, size: number, queries: number): Promise<Float32Array[]> {
  const rows = await readPatterns(file, size);
  for (const [i, row] of rows.entries()) {
    const wrong = row.find((v) => v !== 0 && v !== 1);
    if (wrong !== undefined)
      throw new InputError(
        `${file}: line ${i + 1} holds ${shown(wrong)}, expected 1 where a query is known to be right and 0 elsewhere`,
      );
  }
  if (rows.length !== queries)
    throw new InputError(`${file}: has ${rows.length} lines for ${queries} queries`);
  return rows;
}

const shown = (value: unknown) => String(JSON.stringify(value)).slice(0, 40);

/** Other conventions, which are told rather than guessed. */
function hint(rows: number[][]): string {
  const all = (good: (v: number) => boolean) => rows.every((row) => row.every(good));
  if (all((v) => v === -1 || v === 1)) return ': these are -1 and +1, so add 1 and divide by 2';
  if (all((v) => Number.isInteger(v) && v >= 0 && v <= 255))
    return ': these look like bytes, so divide by 255';
  return '';
}

/** What a file is by its first bytes, where that is no text. */
function kindOf(bytes: Buffer): string | undefined {
  const starts = (head: string) => bytes.subarray(0, head.length).equals(Buffer.from(head, 'latin1'));
  if (starts('\x93NUMPY'))
    return 'an array of NumPy (.npy); write it with numpy.savetxt(file, bits, fmt="%d", delimiter="")';
  if (starts('PK\x03\x04')) return 'a ZIP archive (.npz?)';
  if (starts('\x89PNG') || starts('\xff\xd8\xff') || starts('GIF8')) return 'a picture';
  if (starts('\x1f\x8b')) return 'compressed with gzip';
  if (starts('\xff\xfe') || starts('\xfe\xff')) return 'text in UTF-16; save it as UTF-8';
  return bytes.subarray(0, 4096).includes(0) ? 'no text' : undefined;
}

function fromJson(text: string, file: string): number[][] {
  const value = parseJson(text, file);
  if (!Array.isArray(value) || !value.every(Array.isArray)) {
    throw new InputError(`${file}: expected a JSON list of lists of numbers`);
  }
  return value.map((row) => row.flat(Number.POSITIVE_INFINITY));
}

function fromLines(text: string, file: string): number[][] {
  return text.split('\n').flatMap((whole, i) => {
    const line = whole.replace(/[\s,;]/g, '');
    if (line === '') return [];
    if (/^[01]+$/.test(line)) return [Array.from(line, Number)];
    const first =
      i === 0 && /[a-z_]/i.test(line)
        ? ': a header? leave it out'
        : /[.\-2-9]/.test(line)
          ? ': other numbers go into a JSON list of lists'
          : '';
    throw new InputError(`${file}: line ${i + 1} is not a row of 0 and 1${first}`);
  });
}
