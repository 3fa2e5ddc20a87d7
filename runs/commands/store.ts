/** @file `ebmm store RUN --patterns FILE --out FILE`: stores patterns and keeps what the memory then holds in a file, in b bits a number. */
import { resolve } from 'node:path';
import type { Command } from 'commander';
import { encodeStored } from '../../meta/stored-file.ts';
import { toRange } from '../../meta/units.ts';
import type { Engine } from '../../src/compile/index.ts';
import { InputError } from '../../src/errors.ts';
import { checkWritable, writeFileAtomically } from '../../src/files.ts';
import { type Contents, FLOAT_BITS, memoryBits, rounded } from '../../src/memory/contents.ts';
import { sizeOf } from '../../src/shapes.ts';
import { arrayFormat, encodeArrays } from '../arrays.ts';
import type { IO } from '../io.ts';
import {
  bestOption,
  engineOf,
  engineOptions,
  jsonOption,
  PATTERNS_HELP,
  positive,
  resizeOption,
} from '../options.ts';
import { readPatterns, unitsOf } from '../pattern-file.ts';
import { loadRun, memoryOf } from '../run-folder.ts';
import { fingerprintOf } from '../stored-state.ts';
import { slowedIn } from './recall-patterns.ts';

export interface StoreCommand {
  run: string;
  /** The checkpoint of the run's best validation, not its last. */
  best?: boolean;
  engine: Engine;
  /** A file or folder of patterns, as `recall` takes them. */
  patterns: string;
  /** Pictures of other sizes are brought to that of the memory. */
  resize?: boolean;
  /** The file to write. */
  out: string;
  /** Bits of every number, 1 to 16 or 32; default: as the memory keeps them. */
  bits?: number;
  json?: boolean;
}

export async function storeCommand({ bits = FLOAT_BITS, ...options }: StoreCommand, io: IO): Promise<void> {
  const run = await loadRun(options.run, { best: options.best });
  const size = sizeOf(run.model.patternShape);
  const patterns = await readPatterns(options.patterns, unitsOf(run, options.resize));
  if (resolve(options.patterns) === resolve(options.out))
    throw new InputError(`${options.out}: is read by this command, so it is not written over`);
  await checkWritable(resolve(options.out));
  const memory = memoryOf(run, options.engine);
  const flat = new Float32Array(patterns.length * size);
  for (const [i, pattern] of patterns.entries()) flat.set(pattern, i * size);
  const state = await memory.write(toRange(flat, memory.range), 1, patterns.length, slowedIn(io));
  const contents = memory.contentsOf(state);
  const file = { memory: run.name, fingerprint: fingerprintOf(run), range: memory.range, contents };
  const plain = arrayFormat(options.out);
  if (plain === 'npy')
    throw new InputError(`${options.out}: expected .npz or .safetensors, for a memory is several arrays`);
  const held = bits === FLOAT_BITS ? contents : rounded(contents, bits);
  const bytes = plain === 'npz' ? encodeArrays(plain, arraysOf(held)) : encodeStored(file, bits);
  await writeFileAtomically(resolve(options.out), bytes);
  const result = {
    stored: options.out,
    patterns: patterns.length,
    floats: memory.floats,
    memory_bits: memoryBits(contents, bits),
    bytes: bytes.length,
  };
  if (options.json) io.out(JSON.stringify(result));
  else
    io.out(
      `${options.out}: ${patterns.length} patterns in ${result.memory_bits} bits of memory, ${bytes.length} bytes with its header`,
    );
}

/** What is held, each tensor in its full shape. */
const arraysOf = ({ tensors }: Contents) =>
  Object.fromEntries(
    Object.entries(tensors).map(([name, { shape, values }]) => [
      name,
      { shape: [...shape], values: Float32Array.from(values) },
    ]),
  );

export function addStoreCommand(program: Command, io: IO): void {
  engineOptions(
    program
      .command('store')
      .argument('<run>', 'a run folder or a pretrained memory')
      .requiredOption('--patterns <path>', PATTERNS_HELP)
      .addOption(resizeOption())
      .requiredOption(
        '--out <file>',
        'the file: .npz, arrays by name; else the format of safetensors, packed',
      )
      .option(
        '--bits <n>',
        'bits of every number, 1 to 16 or 32 (default: as the memory keeps them)',
        positive,
      ),
  )
    .addOption(bestOption())
    .addOption(jsonOption())
    .action(async (run: string, options) =>
      storeCommand({ ...options, run, engine: await engineOf(options) }, io),
    );
}
