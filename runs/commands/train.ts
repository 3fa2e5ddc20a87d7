/** @file `ebmm train`: its options. */
import { basename } from 'node:path';
import type { Command } from 'commander';
import { InputError } from '../../src/errors.ts';
import { corruptionFrom, sourceOf, taskFrom } from '../data-options.ts';
import { numbersHelp } from '../glossary.ts';
import { type IO, STOP_STATUS } from '../io.ts';
import {
  collect,
  dataOption,
  engineOf,
  engineOptions,
  jsonOption,
  positive,
  seedOption,
  taskOption,
} from '../options.ts';
import { presetNotes, presetsHelp } from '../preset-notes.ts';
import { configure, parseChange, presetNames } from '../presets.ts';
import { findRun, paths, readConfig } from '../run-folder.ts';
import { type PartsShared, train } from '../training/train.ts';
import { shareParts } from '../workers/coordinator.ts';
import { filesOf } from '../workers/files.ts';
import type { Setting } from './setting.ts';

export function addTrainCommand(program: Command, io: IO, { provenance, finish }: Setting): void {
  engineOptions(
    program
      .command('train')
      .argument('[config]', 'a preset or a CONFIG.json')
      .option('--out <dir>', 'run folder (default: runs/out/NAME-N)')
      .option('--steps <n>', 'updates of the outer loop', positive)
      .option(
        '--set <key=value>',
        'change a key of the configuration, for instance training.episodes=4',
        collect,
      )
      .option('--network <file>', 'an energy network of your own, from a TypeScript or JavaScript file')
      .addOption(taskOption('patterns of your own to train on'))
      .option('--corruption <spec>', 'name:size, or a module of your own (default: as configured)')
      .option('--loss <file>', 'a loss of recall of your own, likewise')
      .option('--resume <dir>', 'go on with a run')
      .option('--from <run>', 'begin with the parameters of a run or pretrained memory')
      .option('--resize', 'with --from: tensors of other sizes take what fits')
      .option('--best', 'with --from: its best checkpoint, not the last one')
      .option('--parts <n>', 'compute every update in so many equal parts, which workers may share', positive)
      .option('--workers <redis>', 'workers compute the parts: those of ebmm worker redis://HOST')
      .option('--tensorboard', "write TensorBoard's event files too, in RUN/tensorboard")
      .option(
        '--profile',
        'at the end, where the time of an update went: products, entrywise, memory, waiting (machine code and WebAssembly)',
      )
      .addOption(seedOption('seed of parameters and episodes')),
  )
    .addOption(dataOption())
    .addOption(jsonOption())
    .addHelpText(
      'after',
      `\nPresets:\n${presetsHelp(Object.keys(presetNotes))
        .map((line) => `  ${line}`)
        .join('\n')}`,
    )
    .addHelpText('after', numbersHelp('moving error', 'loss', 'gradient', 'episodes/s', 'validation'))
    .action(async (name: string | undefined, options) => {
      const changes: [string, unknown][] = (options.set ?? []).map(parseChange);
      // Before what --set changes of them.
      if (options.task) changes.unshift(['task', taskFrom(options.task, sourceOf(options, io))]);
      if (options.corruption) changes.unshift(['corruption', corruptionFrom(options.corruption)]);
      if (options.loss) changes.unshift(['loss', { file: options.loss }]);
      if (options.network) changes.unshift(['network', { name: 'custom', file: options.network }]);
      if (options.steps) changes.push(['training.steps', options.steps]);
      if (options.parts) changes.push(['training.parts', options.parts]);
      if (options.seed !== undefined) changes.push(['seed', options.seed]);
      if (options.resize && !options.from) throw new InputError('train: --resize needs --from');
      if (options.best && !options.from) throw new InputError('train: --best needs --from');
      if (options.resume && options.out) throw new InputError('train: either --out or --resume, not both');
      const setup = await trainingSetup(name, options.resume, changes);
      const profile = options.profile ? await profileFor(options) : undefined;
      const engine = await engineOf(options, profile?.clocks);
      profile?.checkEngine(engine);
      const { workers } = options;
      const share = workers === undefined ? undefined : (io: IO) => sharedThrough(workers, io);
      const result = await train({ ...options, ...setup, engine, profile, provenance, share }, io);
      if (options.json) io.out(JSON.stringify(result));
      else io.out(result.run);
      if (result.stopped) finish(STOP_STATUS[result.stopped]);
    });
}

/** The parts of updates are computed by workers, who are found through a Redis. */
async function sharedThrough(redis: string, io: IO): Promise<PartsShared> {
  const coordinator = await shareParts(redis, io);
  return {
    elsewhere: coordinator.elsewhere,
    announce: async (trainer, { source, ...run }) =>
      coordinator.announce(trainer, { ...run, files: await filesOf(run.config, source) }),
    take: (folder) => coordinator.take(folder),
    close: () => coordinator.close(),
  };
}

async function profileFor({ workers }: { workers?: string }) {
  if (workers)
    throw new InputError('train: --profile is of updates computed here, expected no --workers beside it');
  const { UpdateProfile } = await import('../update-profile.ts');
  return new UpdateProfile();
}

/** A fresh configuration, or that of the run to go on with. */
async function trainingSetup(
  name: string | undefined,
  resume: string | undefined,
  changes: [string, unknown][],
) {
  if (!resume) {
    if (!name) {
      throw new InputError(
        `train: which preset or CONFIG.json? Presets: ${(await presetNames()).join(', ')}`,
      );
    }
    return configure(name, changes);
  }
  if (name) throw new InputError(`train: either "${name}" or --resume, not both`);
  const folder = await findRun(resume);
  const forbidden = changes.find(([key]) => !key.startsWith('training.'));
  if (forbidden) throw new InputError(`--resume: ${forbidden[0]} cannot change, only keys of training can`);
  const { config } = changes.length
    ? await configure(paths(folder).config, changes)
    : { config: await readConfig(folder) };
  return { name: basename(folder), config, out: folder, resume: true };
}
