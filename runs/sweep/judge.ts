/**
 * @file The error of a run on the validation split: that of its best checkpoint where training validated it in just this way, else
 * measured now, on the best checkpoint where there is one.
 */
import { existsSync } from 'node:fs';
import { taskOf } from '../../meta/stored-task.ts';
import type { Engine } from '../../src/compile/index.ts';
import { loadCorruption, loadTask } from '../../tasks/index.ts';
import { type DataOptions, sourceOf } from '../data-options.ts';
import type { Judgement, Judging } from '../heldout.ts';
import type { IO } from '../io.ts';
import { startProgress } from '../progress.ts';
import type { Validation } from '../records.ts';
import { loadRun, paths } from '../run-folder.ts';
import { unitOf } from '../units.ts';
import { Validator } from '../validation.ts';
import { bestValidation, readValidations } from '../validations.ts';

/**
 * @param until updates that it was to have
 * @throws InputError when the validation split has too few patterns, or the run is damaged
 */
export async function judgeRun(
  folder: string,
  until: number,
  judged: Judging,
  { engine, ...data }: DataOptions & { engine: Engine },
  io: IO,
): Promise<Judgement> {
  const best = bestValidation(await readValidations(folder));
  const { config, model, state } = await loadRun(folder, { best: existsSync(paths(folder).best) });
  const { patterns, episodes, seed } = judged;
  const fits =
    best?.step === state.step &&
    best.episodes === episodes &&
    best.seed === seed &&
    best.loads.map((load) => load.patterns).join() === patterns.join();
  const measure = async (): Promise<Validation> => {
    const task = taskOf(config, await loadTask(config.task, sourceOf(data, io)));
    const corruption = await loadCorruption(config.corruption ?? task.corruption, task);
    const validate = { every: 1, patterns, episodes, seed };
    const asked = { ...config, training: { ...config.training, validate } };
    const validator = Validator.of({ config: asked, task, corruption, model, engine })!;
    const progress = startProgress(io, 'validate', validator.loads.length * episodes);
    try {
      const told = (remark: string, done: number) => progress.update(done, remark);
      return (await validator.validate(state, { progress: told }))!;
    } finally {
      progress.stop();
    }
  };
  const { loads, error } = fits ? best : await measure();
  const { state: last } = await loadRun(folder);
  return {
    steps: until,
    error: finite(error),
    unit: unitOf(config.task),
    errors: loads.map((load) => ({ patterns: load.patterns, error: finite(load.error) })),
    best: state.step < last.step ? state.step : undefined,
    ended: last.step < until ? last.step : undefined,
    seconds: last.seconds,
    engine: engine.name,
  };
}

const finite = (value: number) => (Number.isFinite(value) ? value : null);
