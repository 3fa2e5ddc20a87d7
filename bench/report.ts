/**
 * @file The files of a comparison: all its numbers as JSON, a chart, and a table of every contestant. `npm run results` makes the tables of
 * BENCHMARKS.md from the JSON.
 */
import { readFile } from 'node:fs/promises';
import { availableParallelism, cpus, totalmem } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { writeFileAtomically } from '../src/files.ts';
import { comparisonChart } from './chart.ts';
import type { Comparison } from './comparison.ts';
import { type Origin, type ProblemResult, summaryRow, targets } from './results.ts';
import { markdown } from './tables.ts';

export const machine = (): Origin['machine'] => ({
  cpu: cpus()[0]?.model ?? 'unknown processor',
  cores: availableParallelism(),
  memory_gb: Math.round(totalmem() / 1e9),
});

const here = (path: string) => fileURLToPath(new URL(path, import.meta.url));
/** Where the project's own comparison stands: of the fastest engine, and of others each in a folder. */
export const resultsOf = (engine: string) => here(engine === 'compiled' ? 'results' : `results/${engine}`);

/** What earlier runs in that folder found, whatever machine they ran on. @throws SyntaxError where the file is not JSON */
export async function earlierProblems(folder: string): Promise<ProblemResult[]> {
  const text = await readFile(join(folder, 'comparison.json'), 'utf8').catch(() => undefined);
  return text === undefined ? [] : ((JSON.parse(text) as Partial<Comparison>).problems ?? []);
}

/** Writes comparison.json, comparison.png and comparison.md. */
export async function writeComparison(comparison: Comparison, folder: string): Promise<void> {
  const { problems, engine } = comparison;
  const contents = {
    ...comparison,
    summary: problems.map(summaryRow),
    targets: problems.flatMap((result) => targets(result, engine)),
  };
  await writeFileAtomically(join(folder, 'comparison.json'), `${JSON.stringify(contents, null, 2)}\n`);
  await writeFileAtomically(join(folder, 'comparison.png'), comparisonChart(comparison));
  await writeFileAtomically(join(folder, 'comparison.md'), `${markdown(problems, engine)}\n`);
}
