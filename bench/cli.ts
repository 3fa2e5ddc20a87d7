/**
 * @file The command line of the benchmark: on five problems alone, or beside JAX and PyTorch (BENCHMARKS.md).
 * Results go to `out`, progress to `err`.
 */
import { execFileSync } from 'node:child_process';
import { resolve } from 'node:path';
import { Command, CommanderError, Option } from 'commander';
import type { IO } from '../runs/io.ts';
import { deviceOption, jsonOption, positive, threadsOption, words } from '../runs/options.ts';
import { targetNames } from '../src/compile/index.ts';
import { InputError } from '../src/errors.ts';
import { FileError } from '../src/files.ts';
import { compare, type FormName, forms } from './compare.ts';
import type { Comparison } from './comparison.ts';
import { type ProblemName, problemNames } from './problems.ts';
import { profile, profileText } from './profile.ts';
import { earlierProblems, machine, resultsOf, writeComparison } from './report.ts';
import { type Origin, targets } from './results.ts';
import { scaling, scalingText } from './scaling.ts';
import { type Earlier, sameOrigin } from './slow-forms.ts';
import { problemText, targetText } from './tables.ts';

const formNames = Object.keys(forms) as FormName[];

const command = () =>
  new Command('bench')
    .description('Times an update of the outer loop on five problems, alone or beside JAX and PyTorch.')
    .option('--problem <list>', `of ${problemNames.join(', ')} (default: all)`, words)
    .option('--peers', 'beside JAX and PyTorch, which --python has (npm run bench:peers)')
    .option(
      '--python <program>',
      'a Python with bench/peers/requirements.txt (or EBMM_PYTHON; default: python3)',
    )
    .option('--forms <list>', `peers, of ${formNames.join(', ')} (default: all)`, words)
    .option('--rounds <n>', 'greatest number of rounds', positive, 8)
    .option('--seconds <n>', 'of stepping a problem, after which no round begins', positive, 30)
    .option('--steps <n>', 'steps a round, of which the first does not count', positive, 4)
    .option('--compile-limit <s>', 'seconds that a contestant may take to compile', positive, 150)
    .option('--again', 'also forms that an earlier run on this machine found far from the best')
    .addOption(
      new Option('--engine <name>', 'what runs ours; with avx2 the peers are held to AVX2')
        .choices(['compiled', ...targetNames])
        .default('compiled'),
    )
    .option(
      '--profile',
      'where the time of an update goes: time a kind of step, in machine code and WebAssembly',
    )
    .option('--scaling', 'throughput of store and recall, and cost against patterns, width and steps')
    .option('--out <dir>', 'folder of comparison.json, .png and .md (with peers; default: bench/results)')
    .addOption(deviceOption())
    .addOption(threadsOption())
    .addOption(jsonOption())
    .exitOverride();

/** @throws InputError naming the first that is not one of `known` */
function among<T extends string>(option: string, given: string[] | undefined, known: T[]): T[] {
  const wrong = given?.find((name) => !(known as string[]).includes(name));
  if (wrong !== undefined)
    throw new InputError(`${option}: no "${wrong}", expected some of ${known.join(', ')}`);
  return given ? known.filter((name) => given.includes(name)) : known;
}

/** @returns the versions of Python's packages, by name. @throws InputError when a Python lacks what the peers need */
function pythonVersions(python: string, needed: string[]): Record<string, string> {
  const script = `import json, ${needed.join(', ')}\nprint(json.dumps({${needed.map((name) => `"${name}": ${name}.__version__`).join(', ')}}))`;
  try {
    return JSON.parse(execFileSync(python, ['-c', script], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] })); // biome-ignore format: one thought
  } catch {
    throw new InputError(
      `--python: ${python} cannot import ${needed.join(', ')}, expected a Python with bench/peers/requirements.txt`,
    );
  }
}

/** Where the benchmark reads its settings and writes its lines. */
export type BenchIO = Pick<IO, 'out' | 'err' | 'env'>;

async function run(argv: string[], { out, err: progress, env }: BenchIO): Promise<void> {
  const options = command()
    .configureOutput({
      writeOut: (text) => out(text.trimEnd()),
      writeErr: (text) => progress(text.trimEnd()),
    })
    .parse(argv, { from: 'user' })
    .opts();
  const { device, threads, engine, rounds, seconds, steps, compileLimit } = options;
  const limits = { rounds, seconds, steps, compileLimit };
  if (options.scaling) {
    if (options.peers) throw new InputError('--scaling: this project alone, expected no --peers');
    const found = await scaling({ device, threads }, progress);
    for (const line of options.json
      ? [JSON.stringify({ measured: new Date().toISOString(), machine: machine(), ...found })]
      : scalingText(found))
      out(line);
    return;
  }
  const chosen = among('--problem', options.problem, problemNames as ProblemName[]);
  if (options.profile) {
    if (options.peers) throw new InputError('--profile: this project alone, expected no --peers');
    const rows = await profile(chosen, { engine, threads }, progress);
    for (const line of options.json
      ? [JSON.stringify({ measured: new Date().toISOString(), machine: machine(), rows })]
      : profileText(rows))
      out(line);
    return;
  }
  const given = [options.python && '--python', options.forms && '--forms', options.out && '--out', options.again && '--again']; // biome-ignore format: one thought
  const lonely = given.find((option) => option && !options.peers);
  if (lonely) throw new InputError(`${lonely}: only beside peers, expected npm run bench:peers`);
  if (options.peers && threads)
    throw new InputError('--threads: the peers use all cores, expected this project to do so too');
  if (steps < 2) throw new InputError('--steps: the first does not count, expected at least 2');
  const python = options.python ?? (env.EBMM_PYTHON || 'python3');
  const peers = options.peers ? among('--forms', options.forms, formNames) : [];
  const frameworks = new Set(peers.map((name) => forms[name].framework));
  const modules = { jax: ['jax', 'optax'], torch: ['torch'] };
  const named = [...frameworks].flatMap((name) => modules[name]);
  const origin: Pick<Origin, 'machine' | 'versions'> = { machine: machine(), versions: {} };
  if (peers.length > 0) origin.versions = pythonVersions(python, ['numpy', ...named]);

  const folder = resolve(options.out ?? resultsOf(engine));
  const order = ({ name }: { name: string }) => problemNames.indexOf(name as ProblemName);
  const found = options.peers ? await earlierProblems(folder) : [];
  const other = options.peers && engine !== 'compiled' ? await earlierProblems(resultsOf('compiled')) : [];
  const comparison: Comparison = { engine, problems: found };
  for (const name of chosen) {
    const known = (problems: typeof found) =>
      problems.find((result) => result.name === name && sameOrigin(result, origin, named));
    const earlier: Earlier = options.again ? {} : { own: known(found), other: known(other) };
    const result = { ...(await compare(name, { ...limits, device, threads, engine, peers, python, earlier, progress })), machine: origin.machine }; // biome-ignore format: one thought
    const kept = comparison.problems.filter((problem) => problem.name !== name);
    comparison.problems = [...kept, result].sort((a, b) => order(a) - order(b));
    if (!options.json) for (const line of [...problemText(result), '']) out(line);
    // After every problem, so that what was measured is kept when a later one fails.
    if (options.peers) await writeComparison(comparison, folder);
  }
  const aims = comparison.problems.flatMap((result) => targets(result, engine));
  if (options.json) out(JSON.stringify({ ...comparison, targets: aims }));
  else if (options.peers) for (const line of targetText(comparison.problems, engine)) out(line);
}

/** Runs the benchmark. Exit status: 0 done, 1 failed, 2 wrong usage or input, told in one line on `err`. */
export async function main(argv: string[], io: BenchIO): Promise<number> {
  try {
    await run(argv, io);
    return 0;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2;
    const usage = error instanceof InputError;
    const expected = usage || error instanceof FileError;
    const { message, stack } = error as Error;
    io.err(`bench: ${expected || !io.env.EBMM_DEBUG ? message.split('\n')[0] : stack}`);
    return usage ? 2 : 1;
  }
}
