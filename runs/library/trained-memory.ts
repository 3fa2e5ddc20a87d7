/** @file A memory that `metaTrain` trained, with all that a run folder keeps of it: `saveRun` writes one. */
import { existsSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { relative, resolve } from 'node:path';
import { saveCheckpoint, trainedParameters } from '../../meta/checkpoint.ts';
import type { Config } from '../../meta/config.ts';
import { portable } from '../../meta/config-paths.ts';
import type { TrainingState } from '../../meta/trainer.ts';
import * as args from '../../src/arguments.ts';
import type { Engine } from '../../src/compile/index.ts';
import { InputError } from '../../src/errors.ts';
import { checkWritable, onFile, writeFileAtomically } from '../../src/files.ts';
import { LearnedMemory } from '../../src/memory/learned-memory.ts';
import type { MemoryModel } from '../../src/memory/model.ts';
import { checkNames } from '../../src/option-names.ts';
import type { Metrics, Validation } from '../records.ts';
import { paths, saveConfig } from '../run-folder.ts';

/** What training leaves beside the memory. */
export interface TrainingRecord {
  /** Complete, with every default; `custom` stands for what was given as an object. */
  config: Config;
  /** Parameters, moments and counts after the last update. */
  state: TrainingState;
  /** As in metrics.jsonl, a record for every `log_every` updates. */
  metrics: readonly Metrics[];
  /** As in validation.jsonl. */
  validations: readonly Validation[];
  /** The state at the best validation, its parameters alone. */
  best?: TrainingState;
  /** Parts of the configuration that were given as objects, which a run folder cannot hold. */
  objects: readonly string[];
}

const RECORD = args.fields(
  {
    config: args.fields({ training: args.object }),
    state: args.fields({ values: args.object }),
    metrics: args.listOf(args.object),
    validations: args.listOf(args.object),
    objects: args.listOf(args.text),
  },
  'what training leaves: { config, state, metrics, validations, objects }',
);

export class TrainedMemory extends LearnedMemory {
  readonly training: TrainingRecord;
  readonly #engine: Engine;

  constructor(model: MemoryModel, engine: Engine, training: TrainingRecord) {
    args.check('TrainedMemory', { training: [training, RECORD] });
    const trained = Math.max(...[training.config.training.patterns].flat());
    super({ model, engine, parameters: trainedParameters(training.state), trained });
    this.training = training;
    this.#engine = engine;
  }

  /** The memory as it was at its best validation; undefined without validation (training.validate). */
  get best(): LearnedMemory | undefined {
    const { best, config } = this.training;
    if (!best) return undefined;
    const trained = Math.max(...[config.training.patterns].flat());
    const { model } = this;
    return new LearnedMemory({ model, engine: this.#engine, parameters: trainedParameters(best), trained });
  }
}

export interface SaveOptions {
  /** Write over a run that is there. Default: refuse. */
  overwrite?: boolean;
}

/**
 * Writes the run folder of a trained memory: config.json, metrics.jsonl, validation.jsonl, checkpoint/. Commands take it as they take
 * those of `ebmm train`, and `train --resume` goes on with it. A network, task, corruption or loss that was given as an object is
 * named in config.json and not kept: `loadRun(folder, { network })` takes it again.
 * @returns the folder, absolute
 * @throws InputError when the folder holds a run, FileError when it cannot be written
 */
export async function saveRun(
  memory: TrainedMemory,
  folder: string,
  options: SaveOptions = {},
): Promise<string> {
  checkNames('saveRun', options, { overwrite: args.flag });
  if (!(memory instanceof TrainedMemory))
    throw new InputError('saveRun: expected the memory that metaTrain returns');
  if (typeof folder !== 'string' || folder === '') throw new InputError('saveRun: expected a folder');
  const at = resolve(folder);
  const own = paths(at);
  const there = [own.config, own.checkpoint, own.metrics, own.evaluation].find((file) => existsSync(file));
  if (there && !options.overwrite)
    throw new InputError(`${at} holds ${relative(at, there)}: choose another folder, or overwrite`);
  await checkWritable(own.config);
  await onFile(at, () => mkdir(at, { recursive: true }));
  const { config, state, metrics, validations, best, objects } = memory.training;
  const { parameters } = memory.model;
  const lines = (records: readonly object[]) =>
    records.map((record) => `${JSON.stringify(record)}\n`).join('');
  await writeFileAtomically(own.metrics, lines(metrics));
  if (validations.length > 0) await writeFileAtomically(own.validation, lines(validations));
  await saveCheckpoint(own.checkpoint, state, parameters, { config });
  if (best) await saveCheckpoint(own.best, best, parameters, { parametersOnly: true, config });
  const { version } = createRequire(import.meta.url)('../../package.json');
  const made = { ebmm: version, node: process.version, platform: `${process.platform} ${process.arch}` };
  // Last, for it makes the folder a run.
  if (objects.length === 0) await saveConfig(at, config, made);
  else {
    const text = JSON.stringify({ ...portable(config, at), made_with: { ...made, objects } }, null, 2);
    await writeFileAtomically(own.config, `${text}\n`);
  }
  return at;
}
