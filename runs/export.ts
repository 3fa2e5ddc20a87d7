/** @file `ebmm export RUN --onnx DIR`: a trained memory as two ONNX models, for onnxruntime anywhere. */
import { join, resolve } from 'node:path';
import * as tf from '@tensorflow/tfjs';
import type { Command } from 'commander';
import { trainedParameters } from '../meta/checkpoint.ts';
import * as args from '../src/arguments.ts';
import { compiledEngine, exportOnnx, type NamedTensors } from '../src/compile/index.ts';
import { InputError } from '../src/errors.ts';
import { checkWritable, writeFileAtomically } from '../src/files.ts';
import { BITS, FLOAT_BITS, memoryBits } from '../src/memory/contents.ts';
import { checkNumbers, checkSteps, MOST_STEPS } from '../src/memory/inputs.ts';
import type { MemoryModel } from '../src/memory/model.ts';
import { roundTensor } from '../src/memory/rounding.ts';
import { checkNames, type Names } from '../src/option-names.ts';
import { arrayFormat, encodeArrays } from './arrays.ts';
import { EXAMPLE_FILES, exportExample } from './export-example.ts';
import type { IO } from './io.ts';
import { bestOption, dataOption, jsonOption, positive, resizeOption, taskOption } from './options.ts';
import { checkFolder } from './outputs.ts';
import { LOADED, type LoadedRun, loadRun } from './run-folder.ts';

/** What the exported models are fixed to. */
export interface ExportOptions {
  /** Memories held at once, the leading axis of everything; default 1. */
  episodes?: number;
  /** Patterns that are written; default the largest load of training. */
  patterns?: number;
  /** Queries that are read; default as many. */
  queries?: number;
  /** Whether reading is told which entries are known; default as trained. */
  known?: boolean;
  /** Steps of recall; default as trained. */
  steps?: number;
  /** Bits that writing rounds every number to, 1 to 16; default: as the memory keeps them. */
  bits?: number;
}

const NAMES: Names<ExportOptions> = {
  episodes: args.whole(1),
  patterns: args.whole(1),
  queries: args.whole(1),
  known: args.flag,
  steps: args.whole(0, MOST_STEPS),
  bits: BITS,
};

export interface ExportCommand extends ExportOptions {
  run: string;
  /** The checkpoint of the run's best validation, not its last. */
  best?: boolean;
  /** Folder for write.onnx, read.onnx and memory.json. */
  onnx?: string;
  /** File for the trained parameters: .npz or .safetensors. */
  weights?: string;
  /** A file or folder of patterns: an example of what the models take and give is written beside them. */
  task?: string;
  /** Pictures of other sizes are brought to that of the memory. */
  resize?: boolean;
  dataDir?: string;
  json?: boolean;
}

/** What memory.json says of the two models. Shapes are fixed. */
export interface ExportedMemory {
  name: string;
  /** Values of patterns, queries and what is recalled. */
  range: readonly [low: number, high: number];
  /** Memory size in float32 numbers. */
  floats: number;
  /** Bits of each number, where writing rounds them, and of all with their scales. */
  bits?: number;
  memory_bits?: number;
  write: { inputs: Record<string, number[]>; outputs: Record<string, number[]> };
  read: { inputs: Record<string, number[]>; outputs: Record<string, number[]> };
}

export async function exportCommand({ run: name, onnx, json, task, ...options }: ExportCommand, io: IO) {
  const { weights } = options;
  if (onnx === undefined && weights === undefined)
    throw new InputError('export: give --onnx DIR, --weights FILE, or both');
  const format = weights === undefined ? undefined : arrayFormat(weights);
  if (weights !== undefined && (format === undefined || format === 'npy'))
    throw new InputError(`${weights}: expected a name that ends in .npz or .safetensors`);
  if (weights !== undefined) await checkWritable(resolve(weights));
  const run = await loadRun(name, { best: options.best });
  if (weights !== undefined && format !== undefined) {
    const trained = Object.entries(trainedParameters(run.state));
    const arrays = trained.map(([key, values]) => [
      key,
      { shape: [...run.model.parameters[key].shape], values },
    ]);
    await writeFileAtomically(resolve(weights), encodeArrays(format, Object.fromEntries(arrays)));
    if (onnx === undefined) return io.out(json ? JSON.stringify({ weights }) : weights);
  }
  if (onnx === undefined) return;
  const folder = resolve(onnx);
  await checkFolder(folder, [
    'write.onnx',
    'read.onnx',
    'memory.json',
    ...(task === undefined ? [] : EXAMPLE_FILES),
  ]);
  if (options.resize && task === undefined) throw new InputError('export: --resize needs --task');
  const { known = run.config.known, steps, bits, dataDir, resize } = options;
  const exported = exportMemory(run, { episodes: options.episodes, patterns: options.patterns, queries: options.queries, known, steps, bits }); // biome-ignore format: one line
  const [episodes, patterns] = exported.memory.write.inputs.patterns;
  const shown =
    task === undefined
      ? undefined
      : await exportExample(
          run,
          { task, engine: compiledEngine(), episodes, patterns, known, steps, bits, dataDir, resize },
          io,
        );
  const memory = { ...exported.memory, ...(shown ? { example: shown.example } : {}) };
  const files = {
    'write.onnx': exported.write,
    'read.onnx': exported.read,
    'memory.json': `${JSON.stringify(memory, null, 2)}\n`,
    ...shown?.files,
  };
  for (const [file, contents] of Object.entries(files)) {
    await writeFileAtomically(join(folder, file), contents);
  }
  if (json) io.out(JSON.stringify({ folder, ...memory, weights }));
  else {
    for (const file of Object.keys(files)) io.out(join(folder, file));
    if (weights !== undefined) io.out(weights);
  }
}

/**
 * Both models with the trained parameters inside. write: `patterns` to the memory's state, a tensor for each of its parts;
 * read: the state, `queries` and, where recall is told, `known` (1 where an entry is right, else 0) to `recalled` and, where
 * the memory has an energy, `energy`.
 * @throws InputError for an option that there is none of or cannot be, and when a part of the memory has a name that the models need
 */
export function exportMemory(
  run: Pick<LoadedRun, 'name' | 'config' | 'model' | 'state'>,
  options: ExportOptions = {},
): { write: Uint8Array; read: Uint8Array; memory: ExportedMemory } {
  checkNames('exportMemory', options, NAMES);
  args.check('exportMemory', {
    run: [run, LOADED],
    config: [run?.config, args.object],
  });
  const { name, config, model, state } = run;
  const { episodes = 1, known = config.known, steps = model.steps } = options;
  const { patterns = Math.max(...[config.training.patterns].flat()), queries = patterns } = options;
  const { bits } = options;
  // Rounding again to no fewer bits than the memory's own changes nothing.
  const rounding = bits !== undefined && bits < (model.bits ?? FLOAT_BITS) ? bits : undefined;
  const own = rounding ?? model.bits;
  checkNumbers('patterns', [episodes, patterns, ...model.patternShape]);
  checkNumbers('queries', [episodes, queries, ...model.patternShape]);
  checkSteps('export', steps);
  const parts = Object.keys(model.state);
  const taken = parts.find((part) => ['patterns', 'queries', 'known', 'recalled', 'energy'].includes(part));
  if (taken)
    throw new InputError(`a writable parameter is called "${taken}", which the exported models need`);
  const trained = trainedParameters(state);
  /** Inside a trace these become constants of the model. */
  const parameters = (): NamedTensors =>
    Object.fromEntries(
      Object.entries(model.parameters).map(([key, { shape }]) => [key, tf.tensor(trained[key], shape)]),
    );
  const batch = (count: number) => [episodes, count, ...model.patternShape];
  const stateShapes = Object.fromEntries(parts.map((part) => [part, [episodes, ...model.state[part]]]));
  const memory: ExportedMemory = {
    name,
    range: model.range,
    floats: model.floats,
    ...(own === undefined ? {} : { bits: own, memory_bits: stateBits(model, own) }),
    write: { inputs: { patterns: batch(patterns) }, outputs: stateShapes },
    read: {
      inputs: { ...stateShapes, queries: batch(queries), ...(known ? { known: batch(queries) } : {}) },
      outputs: {
        recalled: batch(queries),
        ...(model.energy ? { energy: [episodes, queries] } : {}),
      },
    },
  };
  const write = exportOnnx((inputs) => {
    const state = model.store(parameters(), inputs.patterns);
    if (rounding === undefined) return state;
    const round = (part: string) => roundTensor(state[part], rounding, model.packing?.[part]);
    return Object.fromEntries(parts.map((part) => [part, round(part)]));
  }, specs(memory.write.inputs));
  const read = exportOnnx((inputs) => {
    const p = parameters();
    const stored = Object.fromEntries(parts.map((part) => [part, inputs[part]]));
    const iterates = model.recall(p, stored, inputs.queries, known ? inputs.known : undefined, steps);
    const recalled = iterates.at(-1) ?? inputs.queries;
    return { recalled, ...(model.energy ? { energy: model.energy(p, stored, recalled) } : {}) };
  }, specs(memory.read.inputs));
  return { write, read, memory };
}

/** Bits of memory of one episode's state. */
function stateBits(model: MemoryModel, bits: number): number {
  const held = Object.entries(model.state).map(([part, shape]) => {
    const packing = model.packing?.[part];
    return [part, { shape, packing, values: new Float32Array(0) }] as const;
  });
  return memoryBits({ patternShape: model.patternShape, tensors: Object.fromEntries(held) }, bits);
}

const specs = (shapes: Record<string, number[]>) =>
  Object.fromEntries(Object.entries(shapes).map(([name, shape]) => [name, { shape }]));

export function addExportCommand(program: Command, io: IO): void {
  program
    .command('export')
    .argument('<run>', 'a run folder or a pretrained memory')
    .option('--onnx <dir>', 'folder for write.onnx, read.onnx and memory.json (names, shapes, range)')
    .option('--weights <file>', 'the trained parameters by name: .npz or .safetensors')
    .option('--patterns <n>', 'patterns that are written (default: the largest load of training)', positive)
    .option('--queries <n>', 'queries that are read (default: as many)', positive)
    .option('--episodes <n>', 'memories held at once (default: 1)', positive)
    .option('--steps <n>', 'steps of recall (default: as trained)', positive)
    .option(
      '--bits <n>',
      'writing rounds to so many bits a number (default: as the memory keeps them)',
      positive,
    )
    .option('--known', 'reading is told which entries are known')
    .option('--no-known', 'reading is not told (default: as trained)')
    .addOption(bestOption())
    .addOption(taskOption('write an example too: patterns, queries and what is recalled, as .npy'))
    .addOption(resizeOption())
    .addOption(dataOption())
    .addOption(jsonOption())
    .action(async (run: string, options) => exportCommand({ ...options, run }, io));
}
