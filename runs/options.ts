/** @file Options that several commands share, and how their values are read. */
import { type Command, InvalidArgumentError, Option } from 'commander';
import { type Products, productNames, type TargetName, targetNames } from '../src/compile/engines/choices.ts';
import type { Device, Engine } from '../src/compile/index.ts';
import type { Profile } from '../src/compile/program/profile.ts';
import { InputError } from '../src/errors.ts';

export function positive(text: string): number {
  const n = Number(text);
  if (!Number.isInteger(n) || n < 1) throw new InvalidArgumentError('Expected a positive whole number.');
  return n;
}

function threadsFrom(text: string): number {
  const n = positive(text);
  if (n > 1024) throw new InvalidArgumentError('Expected at most 1024.');
  return n;
}

function seed(text: string): number {
  const n = Number(text);
  if (!Number.isInteger(n) || n < 0) throw new InvalidArgumentError('Expected a whole number from 0.');
  return n;
}

/** A number above 0, whole or not. */
export function positiveNumber(text: string): number {
  const value = Number(text);
  if (!(value > 0 && Number.isFinite(value))) throw new InvalidArgumentError('expected a number above 0');
  return value;
}
export const positives = (text: string) => text.split(',').map(positive);
export const words = (text: string) => text.split(',').filter((word) => word !== '');
export const collect = (value: string, all: string[] = []) => [...all, value];

const engineOption = () =>
  new Option(
    '--engine <name>',
    'what runs the network: compiled (the fastest of the next four that the machine has), avx512 or avx2 (machine code), wasm (WebAssembly), onnxruntime, or tfjs',
  )
    .choices(['compiled', ...targetNames, 'tfjs'])
    .default('compiled');
export const deviceOption = () =>
  new Option('--device <name>', 'where the compiled engine runs')
    .choices(['cpu', 'cuda', 'webgpu'])
    .default('cpu');
export const threadsOption = () =>
  new Option(
    '--threads <n>',
    'threads of the compiled engine (default: as many as the machine offers)',
  ).argParser(threadsFrom);
const productsOption = () =>
  new Option(
    '--products <name>',
    'matrix products of the compiled engine on processors with AMX: float32, bfloat16x6 (as exact), or bfloat16x3 (exact to 2^-16)',
  )
    .choices(productNames)
    .default('float32');
/** The command with the options of its engine, which `engineOf` takes. */
export const engineOptions = (command: Command): Command =>
  [engineOption(), deviceOption(), threadsOption(), productsOption()].reduce(
    (c, option) => c.addOption(option),
    command,
  );
export const dataOption = () =>
  new Option('--data-dir <dir>', "folder with the data sets' own files (or EBMM_DATA_DIR)");
const FILES_HELP =
  "a file (.npy, .npz, .safetensors, .csv, .txt, .json, a picture, MNIST's or CIFAR's format; FILE#NAME for an array in it)";
export const taskOption = (what: string) =>
  new Option(
    '--task <path>',
    `${what}: ${FILES_HELP}, a folder of pictures or of files named train, validation, test, or a module of your own (.ts, .js)`,
  );
export const PATTERNS_HELP = `patterns of 0 and 1, or of numbers in [0, 1]: ${FILES_HELP}, or a folder of pictures`;
export const resizeOption = () =>
  new Option('--resize', 'bring pictures of other sizes to that of the memory');
export const weightsOption = () =>
  new Option(
    '--weights <file>',
    'trained parameters by name from a .npz or .safetensors file, not those of the run',
  );
export const bestOption = () =>
  new Option('--best', 'the checkpoint of the best validation while training, not the last one');
export const jsonOption = () => new Option('--json', 'print one JSON document and nothing else');
export const seedOption = (what: string) => new Option('--seed <n>', what).argParser(seed);

/** @param profile told where machine code spends its time; other engines leave it alone */
export async function engineOf(
  { engine, device, threads, products }: EngineChoice,
  profile?: Profile,
): Promise<Engine> {
  // Engines take a second to load, which help and mistakes need not wait for.
  const { compiledEngine, tfjsEngine } = await import('../src/compile/index.ts');
  if (engine === 'tfjs') {
    if (products !== 'float32') throw new InputError('--products: only of the compiled engine');
    return tfjsEngine();
  }
  const { allowRelaxed } = await import('./relaxed.ts');
  allowRelaxed();
  return compiledEngine({
    device,
    threads,
    products,
    profile,
    ...(engine === 'compiled' ? {} : { target: engine as TargetName }),
  });
}

export interface EngineChoice {
  engine: string;
  device: Device;
  products: Products;
  threads?: number;
}
