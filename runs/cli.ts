/** @file The command line: parses arguments, makes the engine, calls one command, turns errors into exit statuses. */
import { readFileSync } from 'node:fs';
import { basename } from 'node:path';
import { Command, CommanderError, Option } from 'commander';
import { InputError } from '../src/errors.ts';
import { FileError } from '../src/files.ts';
import { taskOfPath } from '../tasks/files/locate.ts';
import { corruptionHelp } from '../tasks/index.ts';
import { addCompareCommand } from './compare.ts';
import { addConfigCommand } from './config.ts';
import { dataCommand } from './data.ts';
import { sourceOf } from './data-options.ts';
import { demo } from './demo.ts';
import { diffusionCommands } from './diffusion/cli.ts';
import { evaluateCommand, rivalNames } from './evaluate.ts';
import { addExploreCommand } from './explorer/explore.ts';
import { addExportCommand } from './export.ts';
import { type IO, STOP_STATUS } from './io.ts';
import { addListCommand } from './list.ts';
import { allowModules } from './modules.ts';
import {
  bestOption,
  collect,
  dataOption,
  engineOf,
  engineOptions,
  jsonOption,
  PATTERNS_HELP,
  positive,
  positiveNumber,
  positives,
  resizeOption,
  seedOption,
  taskOption,
  words,
} from './options.ts';
import { plotCommand } from './plot.ts';
import { configure, parseChange, presetNames } from './presets.ts';
import { recallCommand } from './recall.ts';
import { addReportCommand } from './report.ts';
import { findRun, type Provenance, paths, readConfig } from './run-folder.ts';
import { addStoreCommand } from './store.ts';
import { addStreamCommand } from './stream.ts';
import { addTrialCommand } from './sweep/trial.ts';
import { addSweepCommand } from './sweep.ts';
import { train } from './train.ts';
import { addUniversalCommand } from './universal.ts';
import { addWorkerCommand } from './workers/command.ts';

const EXIT = { done: 0, failed: 1, usage: 2 } as const;

const packageInfo = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8'));
const provenance: Provenance = {
  ebmm: packageInfo.version,
  node: process.version,
  platform: `${process.platform} ${process.arch}`,
};

/** The whole command line. `finish` gets the exit status of a command that ended in its own way. */
export function commandLine(io: IO, finish: (status: number) => void): Command {
  const program = new Command('ebmm')
    .description(
      'Learned associative memory: meta-train energy memories, recall, and measure them against others.',
    )
    .version(packageInfo.version)
    .option('--allow-modules', 'run the JavaScript that a run made elsewhere names')
    .hook('preAction', (root: Command) =>
      allowModules(Boolean(root.opts().allowModules), (line) => io.err(line)),
    )
    .showHelpAfterError('(--help lists the options)');

  engineOptions(
    program
      .command('train')
      .description('meta-train a memory; writes a run folder')
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
      .option('--resume <dir>', 'go on with a run')
      .option('--from <run>', 'begin with the parameters of a run or pretrained memory')
      .option('--resize', 'with --from: tensors of other sizes take what fits')
      .option('--best', 'with --from: its best checkpoint, not the last one')
      .option('--parts <n>', 'compute every update in so many equal parts, which workers may share', positive)
      .option('--workers <redis>', 'workers compute the parts: those of ebmm worker redis://HOST')
      .option('--tensorboard', "write TensorBoard's event files too, in RUN/tensorboard")
      .addOption(seedOption('seed of parameters and episodes')),
  )
    .addOption(dataOption())
    .addOption(jsonOption())
    .action(async (name: string | undefined, options) => {
      const changes: [string, unknown][] = (options.set ?? []).map(parseChange);
      // Before what --set changes of them.
      if (options.task) changes.unshift(['task', taskOfPath(options.task, sourceOf(options, io))]);
      if (options.network) changes.unshift(['network', { name: 'custom', file: options.network }]);
      if (options.steps) changes.push(['training.steps', options.steps]);
      if (options.parts) changes.push(['training.parts', options.parts]);
      if (options.seed !== undefined) changes.push(['seed', options.seed]);
      if (options.resize && !options.from) throw new InputError('train: --resize needs --from');
      if (options.best && !options.from) throw new InputError('train: --best needs --from');
      if (options.resume && options.out) throw new InputError('train: either --out or --resume, not both');
      const setup = await trainingSetup(name, options.resume, changes);
      const engine = await engineOf(options);
      const result = await train({ ...options, ...setup, engine, provenance }, io);
      if (options.json) io.out(JSON.stringify(result));
      else io.out(result.run);
      if (result.stopped) finish(STOP_STATUS[result.stopped]);
    });

  engineOptions(
    program
      .command('evaluate')
      .description('error and compression of a trained memory and its rivals, on the same episodes')
      .argument('<run>', 'a run folder or a pretrained memory')
      .addOption(taskOption('other patterns of the same size'))
      .addOption(resizeOption())
      .option('--patterns <list>', 'loads, for instance 16,32,48 (default: as trained)', positives)
      .option('--corruption <spec>', 'name:size (default: as trained)')
      .option('--known', 'recall is told which entries are uncorrupted')
      .option('--no-known', 'recall is not told (default: as trained)')
      .option('--recall-steps <n>', 'steps of recall of trained memories (default: as trained)', positive)
      .option('--episodes <n>', 'episodes at each load', positive, 100)
      .option(
        '--against <list>',
        `rivals, of ${rivalNames.join(', ')}; or runs and pretrained memories; or none`,
        words,
      )
      .option(
        '--bits <list>',
        'round what every memory holds to so many bits a number, 1 to 16 or 32',
        positives,
      )
      .option('--no-budget', 'rivals keep all their patterns, whatever the floats of the memory')
      .addOption(
        new Option('--split <name>', 'which patterns')
          .choices(['train', 'validation', 'test'])
          .default('test'),
      )
      .addOption(bestOption())
      .addOption(seedOption('seed of the episodes (default: 1, not that of training)')),
  )
    .addOption(dataOption())
    .addOption(jsonOption())
    .addHelpText('after', `\nCorruptions:\n${corruptionHelp()}`)
    .action(async (run: string, options) => {
      const against = options.against?.filter((name: string) => name !== 'none');
      await evaluateCommand({ ...options, against, run, engine: await engineOf(options) }, io);
    });

  engineOptions(
    program
      .command('plot')
      .description(
        'learning curves, error against load, recall filmstrips and energy traces, as PNG, SVG or PDF',
      )
      .argument('<runs...>', 'run folders or pretrained memories')
      .option('--out <dir>', 'folder for the pictures (default: RUN/plots)')
      .option('--format <list>', 'of png, svg, pdf (default: png)', words)
      .addOption(bestOption())
      .addOption(seedOption('seed of the episode shown (default: 1)')),
  )
    .addOption(dataOption())
    .addOption(jsonOption())
    .action(async (runs: string[], options) =>
      plotCommand({ ...options, runs, engine: await engineOf(options) }, io),
    );

  engineOptions(
    program
      .command('recall')
      .description('store your own patterns in a trained memory and recall from queries')
      .argument('<run>', 'a run folder or a pretrained memory')
      .option('--patterns <path>', PATTERNS_HELP)
      .addOption(taskOption('instead, patterns drawn from other patterns of the same size'))
      .option('--count <n>', 'how many of --task (default: the largest load of training)', positive)
      .option('--stored <file>', 'instead of patterns: what store wrote')
      .option('--queries <path>', 'likewise (default: made from the patterns)')
      .option('--corrupt <spec>', 'make queries by this corruption (default: as trained)')
      .addOption(resizeOption())
      .option('--bits <n>', 'round what is stored to so many bits a number, 1 to 16 or 32', positive)
      .option('--known <path>', 'a mask for --queries: 1 where a query is known to be right')
      .option('--no-known', 'recall is not told which entries of queries that are made are right')
      .option('--steps <n>', 'steps of recall', positive)
      .option('--out <file>', 'write the recalled patterns to a file')
      .option('--picture <file>', 'write a filmstrip of recall (PNG)')
      .addOption(seedOption('seed of what is drawn: patterns of --task, queries (default: 0)')),
  )
    .addOption(dataOption())
    .addOption(jsonOption())
    .action(async (run: string, options) =>
      recallCommand({ ...options, run, engine: await engineOf(options) }, io),
    );

  program
    .command('data')
    .description('list the data sets, or fetch and verify one')
    .argument('[name]', 'a set, or SET/FILE')
    .addOption(dataOption())
    .addOption(jsonOption())
    .action(async (name: string | undefined, options) => dataCommand({ ...options, name, ...io }));

  engineOptions(
    program
      .command('demo')
      .description(
        'the main job from scratch in a few minutes: train, evaluate against Hopfield networks, draw',
      )
      .option('--out <dir>', 'run folder (default: runs/out/demo-N)')
      .option('--set <key=value>', 'change a key of the configuration', collect)
      .addOption(seedOption('seed of parameters and episodes')),
  )
    .addOption(jsonOption())
    .action(async (options) => {
      const changes: [string, unknown][] = (options.set ?? []).map(parseChange);
      if (options.seed !== undefined) changes.push(['seed', options.seed]);
      await demo({ ...options, changes, engine: await engineOf(options), provenance }, io);
    });

  addConfigCommand(program, io);
  addSweepCommand(program, io, provenance, finish);
  addTrialCommand(program, io, provenance, finish);
  addListCommand(program, io);
  addReportCommand(program, io);
  addExportCommand(program, io);
  addExploreCommand(program, io);
  addWorkerCommand(program, io, { version: packageInfo.version, finish });
  addStoreCommand(program, io);
  addCompareCommand(program, io);
  addStreamCommand(program, io);
  const shared = {
    withEngine: (command: Command) => engineOptions(command).addOption(dataOption()),
    engineOf,
    seed: seedOption,
    json: jsonOption,
    positive,
    positives,
    positiveNumber,
  };
  const nested = diffusionCommands(program, io, shared);

  addUniversalCommand(program, io);

  for (const command of [program, ...program.commands, ...nested]) {
    command.exitOverride().configureOutput({
      writeOut: (text) => io.out(text.trimEnd()),
      writeErr: (text) => io.err(text.trimEnd()),
    });
  }
  return program;
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

/** Runs the command line and returns the exit status. */
export async function main(argv: string[], io: IO): Promise<number> {
  let status: number = EXIT.done;
  const program = commandLine(io, (own) => {
    status = own;
  });
  try {
    if (argv.length === 0) {
      program.outputHelp();
      return EXIT.usage;
    }
    await program.parseAsync(argv, { from: 'user' });
    return status || (io.unwritten ? EXIT.failed : EXIT.done);
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.done : EXIT.usage;
    if (error instanceof InputError) {
      io.err(`ebmm: ${error.message}`);
      return EXIT.usage;
    }
    const { code, path, message, stack } = error as NodeJS.ErrnoException;
    if (error instanceof FileError) io.err(`ebmm: ${message}`);
    else if (io.env.EBMM_DEBUG) io.err(stack ?? String(error));
    else if (code) io.err(`ebmm: ${message}${path ? '' : ` (${code})`}`);
    else {
      const what = String(message ?? error).split('\n')[0];
      io.err(`ebmm: internal error: ${what} (EBMM_DEBUG=1 shows where; please report it)`);
    }
    return EXIT.failed;
  }
}
