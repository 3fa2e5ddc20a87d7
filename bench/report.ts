/**
 * @file The files of a comparison: all its numbers as JSON, a chart, and a table of every contestant. `npm run results` makes the tables of
 * BENCHMARKS.md from the JSON.
 */
import { readFile } from 'node:fs/promises';
import { availableParallelism, cpus, totalmem } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { isDeepStrictEqual } from 'node:util';
import { writeFileAtomically } from '../src/files.ts';
import { comparisonChart } from './chart.ts';
import type { Comparison } from './comparison.ts';
import { type ProblemResult, summaryRow, targets } from './results.ts';
import { markdown } from './tables.ts';

export const machine = (): Comparison['machine'] => ({
  cpu: cpus()[0]?.model ?? 'unknown processor',
  cores: availableParallelism(),
  memory_gb: Math.round(totalmem() / 1e9),
});

const here = (path: string) => fileURLToPath(new URL(path, import.meta.url));
/** Where the project's own comparison stands: of the fastest engine, and of others each in a folder. */
export const resultsOf = (engine: string) => here(engine === 'compiled' ? 'results' : `results/${engine}`);

/**
 * What an earlier run in that folder found on the same machine with the same versions, but for the problems that are
 * measured anew.
 */
export async function keptProblems(
  folder: string,
  { machine, versions }: Pick<Comparison, 'machine' | 'versions'>,
  anew: readonly string[],
): Promise<ProblemResult[]> {
  const text = await readFile(join(folder, 'comparison.json'), 'utf8').catch(() => undefined);
  if (text === undefined) return [];
  const earlier: Comparison = JSON.parse(text);
  if (!isDeepStrictEqual(earlier.machine, machine)) return [];
  if (Object.entries(versions).some(([name, version]) => earlier.versions[name] !== version)) return [];
  return earlier.problems.filter(({ name }) => !anew.includes(name));
}

/** Writes comparison.json, comparison.png and comparison.md. */
export async function writeComparison(comparison: Comparison, folder: string): Promise<void> {
  const { problems, machine, versions, measured, engine } = comparison;
  const contents = {
    ...comparison,
    summary: problems.map(summaryRow),
    targets: problems.flatMap((result) => targets(result, engine)),
  };
  await writeFileAtomically(join(folder, 'comparison.json'), `${JSON.stringify(contents, null, 2)}\n`);
  await writeFileAtomically(join(folder, 'comparison.png'), comparisonChart(comparison));
  const named = Object.entries(versions).map(([name, version]) => `${name} ${version}`);
  const table = [
    `Measured ${measured.slice(0, 10)}: ${machine.cpu}, ${machine.cores} cores, ${machine.memory_gb} GB; ${named.join(', ')}.`,
    '',
    markdown(problems, engine),
  ].join('\n');
  await writeFileAtomically(join(folder, 'comparison.md'), `${table}\n`);
}
