/** @file Files that a reader drops or opens: patterns (.npy, pictures) and memories (.safetensors with config.json). */
import { decodeSafetensors } from '../../../meta/safetensors.ts';
import { InputError } from '../../../src/errors.ts';
import { checkWhole } from '../../../src/pictures/whole.ts';
import { begin, useFiles } from './actions.ts';
import { inkOf, MOST, patternsOf } from './lab/intake.ts';
import { chosen, patterns, problem } from './state.ts';

const bytesOf = async (file: File) => new Uint8Array(await file.arrayBuffer());

/** Takes what was given; what is wrong with it is shown. */
export async function takeFiles(files: readonly File[]): Promise<void> {
  try {
    const weights = files.filter(({ name }) => name.endsWith('.safetensors'));
    const configs = files.filter(({ name }) => name.endsWith('.json'));
    if (weights.length > 1)
      throw new InputError(`${weights.length} .safetensors files, expected one at a time`);
    if (weights.length === 1) return await takeMemory(weights[0], configs[0]);
    if (configs.length > 0) {
      throw new InputError(`${configs[0].name}: only with the run's .safetensors file beside it`);
    }
    await takePatterns(files);
  } catch (error) {
    problem.value = error instanceof Error ? error.message : String(error);
  }
}

async function takeMemory(file: File, configFile?: File): Promise<void> {
  const bytes = await bytesOf(file);
  // Read here first: what is no safetensors file is said before a configuration is asked for.
  const { metadata } = decodeSafetensors(bytes, file.name);
  const text = configFile ? await configFile.text() : metadata.config;
  if (!text) {
    throw new InputError(
      `${file.name}: does not say what network it is of; drop the run's config.json together with it`,
    );
  }
  let config: unknown;
  try {
    config = JSON.parse(text);
  } catch {
    throw new InputError(`${configFile?.name ?? `${file.name}: its configuration`}: not JSON`);
  }
  await useFiles({ id: file.name.replace(/\.safetensors$/, ''), config, weights: bytes }, file.name);
}

async function takePatterns(files: readonly File[]): Promise<void> {
  const set = patterns.value;
  if (!set || files.length === 0) return;
  const { rows, columns } = set;
  const parts: Float32Array[] = [];
  for (const file of files) {
    if (file.name.endsWith('.npy')) {
      parts.push(patternsOf(await bytesOf(file), rows, columns, file.name));
    } else parts.push(await takePicture(file, rows, columns));
  }
  addOwn(parts);
}

/**
 * Puts patterns of one's own on the shelf: alone, or beside those already there.
 * @throws InputError where they would be too many
 */
export function addOwn(parts: readonly Float32Array[], beside = false): void {
  const set = patterns.value;
  if (!set) return;
  const d = set.rows * set.columns;
  const kept = beside ? set.values : new Float32Array(0);
  const values = new Float32Array(kept.length + parts.reduce((sum, part) => sum + part.length, 0));
  if (values.length > MOST * d)
    throw new InputError(`${values.length / d} patterns, expected at most ${MOST} at once`);
  values.set(kept);
  let at = kept.length;
  for (const part of parts) {
    values.set(part, at);
    at += part.length;
  }
  const own = { ...set, kind: 'own' as const, seed: 0, values, count: values.length / d };
  void begin(chosen.value, own, { selected: kept.length / d });
}

/** A picture, fitted into the pattern's shape, as ink and paper. */
async function takePicture(file: File, rows: number, columns: number): Promise<Float32Array> {
  checkWhole(file.name, await bytesOf(file));
  const picture = await createImageBitmap(file).catch(() => {
    throw new InputError(
      `${file.name}: neither a picture, nor .npy, nor a memory (.safetensors); nothing was changed`,
    );
  });
  const canvas = document.createElement('canvas');
  [canvas.width, canvas.height] = [columns, rows];
  const context = canvas.getContext('2d', { willReadFrequently: true })!;
  const scale = Math.min(columns / picture.width, rows / picture.height);
  const [width, height] = [picture.width * scale, picture.height * scale];
  context.imageSmoothingQuality = 'high';
  // Around it what its corner has, so that a frame is no ink.
  context.drawImage(picture, 0, 0, 1, 1, 0, 0, columns, rows);
  context.drawImage(picture, (columns - width) / 2, (rows - height) / 2, width, height);
  const { data } = context.getImageData(0, 0, columns, rows);
  return inkOf(
    Float32Array.from({ length: rows * columns }, (_, i) => {
      const [r, g, b, a] = data.subarray(4 * i, 4 * i + 4);
      return 1 - (a / 255) * (1 - (0.299 * r + 0.587 * g + 0.114 * b) / 255);
    }),
  );
}
