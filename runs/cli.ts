/** @file The command line: parses arguments, calls one command, turns errors into exit statuses. */
import { readFileSync } from 'node:fs';
import { Command, CommanderError } from 'commander';
import { InputError } from '../src/errors.ts';
import { FileError } from '../src/files.ts';
import { addCommands } from './commands/index.ts';
import { folded } from './fold.ts';
import type { IO } from './io.ts';
import { allowModules } from './permission.ts';
import type { Provenance } from './run-folder.ts';

const EXIT = { done: 0, failed: 1, usage: 2 } as const;

const packageInfo = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8'));
const provenance: Provenance = {
  ebmm: packageInfo.version,
  node: process.version,
  platform: `${process.platform} ${process.arch}`,
};

/**
 * The command line. `finish` gets the exit status of a command that ended in its own way.
 * @param argv what it is to parse: then only the command that it is about has its options
 */
export async function commandLine(
  io: IO,
  finish: (status: number) => void,
  argv?: readonly string[],
): Promise<Command> {
  const program = new Command('ebmm')
    .description(
      'Learned associative memory: meta-train energy memories, recall, and measure them against others.',
    )
    .version(packageInfo.version)
    .option('--allow-modules', 'run the JavaScript that a run made elsewhere names')
    .hook('preAction', (root: Command) =>
      allowModules(Boolean(root.opts().allowModules), (line) => io.err(line)),
    )
    .configureHelp({ subcommandTerm: (command) => command.name() })
    .showHelpAfterError('(--help lists the options)');
  await addCommands(program, io, { provenance, finish }, argv);
  for (const command of withInner(program)) {
    command.exitOverride().configureOutput({
      writeOut: (text) => io.out(folded(text.trimEnd(), process.stdout.columns)),
      writeErr: (text) => io.err(text.trimEnd()),
    });
  }
  return program;
}

const withInner = (command: Command): Command[] => [command, ...command.commands.flatMap(withInner)];

/** Runs the command line and returns the exit status. */
export async function main(argv: string[], io: IO): Promise<number> {
  io.command = argv;
  let status: number = EXIT.done;
  try {
    const program = await commandLine(
      io,
      (own) => {
        status = own;
      },
      argv,
    );
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
