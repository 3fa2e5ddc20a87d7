/** @file A run as a worker has it: made from a configuration that came from elsewhere, and believed only when it computes the same bits. */
import { parseConfig } from '../../meta/config.ts';
import type { Learner } from '../../meta/learner.ts';
import { taskOf } from '../../meta/stored-task.ts';
import { Trainer } from '../../meta/trainer.ts';
import { compiledEngine, type Engine } from '../../src/compile/index.ts';
import { InputError } from '../../src/errors.ts';
import { sizeOf } from '../../src/shapes.ts';
import { type DataSource, loadCorruption, readTask } from '../../tasks/index.ts';
import { makeLearner } from '../learners.ts';
import { makeModel } from '../models.ts';
import { allowRelaxed } from '../relaxed.ts';
import { checkFiles } from './files.ts';
import { proofOf } from './proof.ts';
import { LONGEST_SPEC, type Spec, specSchema } from './protocol.ts';

export interface ServedRun {
  name: string;
  engine: Engine;
  learner: Learner;
  trainer: Trainer;
  parts: number;
  /** `p:NAME` of the parameters, with their lengths. */
  parameterNames: string[];
  parameterLengths: Record<string, number>;
}

/** @throws InputError for what is no spec */
export function parseSpec(text: string): Spec {
  if (text.length > LONGEST_SPEC) throw new InputError(`its spec has more than ${LONGEST_SPEC} characters`);
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    throw new InputError('its spec is not JSON');
  }
  const read = specSchema.safeParse(json);
  if (read.success) return read.data;
  const { path } = read.error.issues[0];
  throw new InputError(`its spec has a wrong "${path.join('.')}"`);
}

/** @throws InputError saying why this machine cannot help with the run */
export async function serveRun(
  spec: Spec,
  { threads, source, version }: { threads?: number; source: DataSource; version: string },
): Promise<ServedRun> {
  if (spec.ebmm !== version) throw new InputError(`it was begun by ebmm ${spec.ebmm}, this is ${version}`);
  const parsed = parseConfig(spec.config, 'its configuration');
  const { parts } = parsed.training;
  if (parts === undefined) throw new InputError('its configuration has no training.parts');
  await checkFiles(parsed, spec, source);
  const read = await readTask(parsed.task, source);
  const config = { ...parsed, task: read.config };
  const { training, seed } = config;
  const task = taskOf(config, read.task);
  const corruption = await loadCorruption(config.corruption ?? task.corruption, task);
  const model = await makeModel(config);
  const learner = makeLearner({ config, task, corruption, model });
  allowRelaxed();
  const engine = compiledEngine({ ...spec.kernels, threads });
  try {
    const trainer = new Trainer({ training, learner, engine, seed });
    const proof = await proofOf(config, learner, trainer);
    if (proof.episodes !== spec.proof.episodes) {
      throw new InputError(
        `other episodes are drawn here: the data differ, or Node does (this is ${process.version})`,
      );
    }
    if (proof.outcome !== spec.proof.outcome) {
      throw new InputError(
        `other last digits are computed here (${spec.kernels.target}, Node ${process.version}): its numbers would depend on who computed what`,
      );
    }
    const lengths = Object.entries(model.parameters).map(
      ([name, { shape }]) => [`p:${name}`, sizeOf(shape)] as const,
    );
    return {
      name: spec.name,
      engine,
      learner,
      trainer,
      parts,
      parameterNames: lengths.map(([name]) => name),
      parameterLengths: Object.fromEntries(lengths),
    };
  } catch (error) {
    await engine.dispose();
    throw error;
  }
}
