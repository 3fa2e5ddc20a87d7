/**
 * @file The table of commands: what each is for, and where its options are. A command is imported when it is asked for, so that help
 * and version need nothing but this table.
 */
import type { Command } from 'commander';
import type { IO } from '../io.ts';
import type { Setting } from './setting.ts';

/** Adds a command with its arguments, options and action. */
type Adder = (program: Command, io: IO, setting: Setting) => void;

interface Listed {
  name: string;
  about: string;
  /** Its place in the help. */
  group: 'Begin' | 'Train' | 'Measure' | 'Use' | 'Experiments';
  /** Not for people. */
  hidden?: boolean;
  load(): Promise<Adder>;
}

export const commands: readonly Listed[] = [
  {
    name: 'demo',
    about: 'the main job from scratch in a few minutes: train, evaluate against Hopfield networks, draw',
    group: 'Begin',
    load: async () => (await import('./demo.ts')).addDemoCommand,
  },
  {
    name: 'explore',
    about: 'the recall explorer in the browser: see a memory being written and fall downhill',
    group: 'Begin',
    load: async () => (await import('../explorer/explore.ts')).addExploreCommand,
  },
  {
    name: 'data',
    about: 'list the data sets, or fetch and verify one',
    group: 'Begin',
    load: async () => (await import('./data.ts')).addDataCommand,
  },
  {
    name: 'train',
    about: 'meta-train a memory; writes a run folder',
    group: 'Train',
    load: async () => (await import('./train.ts')).addTrainCommand,
  },
  {
    name: 'config',
    about: 'print a complete configuration, with every default filled in; without a name: the presets',
    group: 'Train',
    load: async () => (await import('../config.ts')).addConfigCommand,
  },
  {
    name: 'sweep',
    about: 'train many configurations in one folder, which processes and machines can share',
    group: 'Train',
    load: async () => {
      const { addSweepCommand } = await import('./sweep.ts');
      return (program, io, { provenance, finish }) => addSweepCommand(program, io, provenance, finish);
    },
  },
  {
    name: 'trial',
    about: 'make one trial of a sweep, which whoever starts this has claimed',
    group: 'Train',
    hidden: true,
    load: async () => {
      const { addTrialCommand } = await import('../sweep/trial.ts');
      return (program, io, { provenance, finish }) => addTrialCommand(program, io, provenance, finish);
    },
  },
  {
    name: 'worker',
    about: 'compute for runs that share their work through Redis, until it is stopped',
    group: 'Train',
    load: async () => {
      const { addWorkerCommand } = await import('../workers/command.ts');
      return (program, io, { provenance, finish }) =>
        addWorkerCommand(program, io, { version: provenance.ebmm, finish });
    },
  },
  {
    name: 'list',
    about: 'the runs there are, with state, errors and age, and any key of their configurations',
    group: 'Train',
    load: async () => (await import('./list.ts')).addListCommand,
  },
  {
    name: 'evaluate',
    about: 'error and compression of a trained memory and its rivals, on the same episodes',
    group: 'Measure',
    load: async () => (await import('./evaluate.ts')).addEvaluateCommand,
  },
  {
    name: 'plot',
    about: 'learning curves, error against load, recall filmstrips and energy traces, as PNG, SVG or PDF',
    group: 'Measure',
    load: async () => (await import('./plot.ts')).addPlotCommand,
  },
  {
    name: 'card',
    about: 'a model card, README.md, of a run: what it is, its errors, how it was made',
    group: 'Measure',
    load: async () => (await import('./card.ts')).addCardCommand,
  },
  {
    name: 'report',
    about: 'one self-contained HTML page: curves to zoom and compare, tables, filmstrips, energies',
    group: 'Measure',
    load: async () => (await import('./report.ts')).addReportCommand,
  },
  {
    name: 'compare',
    about: 'all memories on one task at equal bits of memory, mask known and not told',
    group: 'Measure',
    load: async () => (await import('./compare.ts')).addCompareCommand,
  },
  {
    name: 'stream',
    about: 'add patterns one batch after another, more than fit: error against age and load',
    group: 'Measure',
    load: async () => (await import('./stream.ts')).addStreamCommand,
  },
  {
    name: 'recall',
    about: 'store your own patterns in a trained memory and recall from queries',
    group: 'Use',
    load: async () => (await import('./recall.ts')).addRecallCommand,
  },
  {
    name: 'store',
    about: 'store your own patterns and keep what the memory then holds in a file, for recall --stored',
    group: 'Use',
    load: async () => (await import('./store.ts')).addStoreCommand,
  },
  {
    name: 'export',
    about: 'a trained memory as ONNX models: patterns to weights, weights and queries to what is recalled',
    group: 'Use',
    load: async () => (await import('../export.ts')).addExportCommand,
  },
  {
    name: 'diffusion',
    about: 'diffusion models as associative memories: experiments',
    group: 'Experiments',
    load: async () => (await import('../diffusion/cli.ts')).addDiffusionCommands,
  },
  {
    name: 'universal',
    about: 'capacity of universal Hopfield networks: similarities, separations, kinds of corruption',
    group: 'Experiments',
    load: async () => (await import('./universal.ts')).addUniversalCommand,
  },
];

/** Which command a command line is about: its first word, or the one after `help`. */
function commandOf(argv: readonly string[]): string | undefined {
  const [first, second] = argv.filter((word) => !word.startsWith('-'));
  return first === 'help' ? second : first;
}

/**
 * Adds all commands to the program: the one that `argv` is about with its options, the others by name. Without `argv` all have their
 * options.
 */
export async function addCommands(
  program: Command,
  io: IO,
  setting: Setting,
  argv?: readonly string[],
): Promise<void> {
  const wanted = argv && commandOf(argv);
  for (const { name, about, group, hidden, load } of commands) {
    if (!argv || name === wanted) (await load())(program, io, setting);
    else program.command(name, { hidden });
    program.commands.at(-1)!.description(about).helpGroup(`${group}:`);
  }
}
