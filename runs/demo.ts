/** @file `ebmm demo`: the main job from scratch in a few minutes: meta-train, evaluate against rivals, draw. */
import { resolve } from 'node:path';
import type { Engine } from '../src/compile/index.ts';
import { writeFileAtomically } from '../src/files.ts';
import { evaluateRun, report } from './evaluate.ts';
import { duration, type IO } from './io.ts';
import { plotRun } from './plot.ts';
import { configure } from './presets.ts';
import type { Evaluation } from './records.ts';
import { loadRun, type Provenance, paths } from './run-folder.ts';
import { train } from './train.ts';

export interface DemoOptions {
  engine: Engine;
  provenance: Provenance;
  out?: string;
  changes?: [string, unknown][];
  json?: boolean;
}

export async function demo(
  { engine, provenance, out, changes = [], json }: DemoOptions,
  io: IO,
): Promise<void> {
  const started = performance.now();
  const { config } = await configure('demo', changes);
  const result = await train({ name: 'demo', config, out: out && resolve(out), engine, provenance }, io);
  if (result.stopped) return;
  const run = await loadRun(result.run);
  const evaluation: Evaluation = await evaluateRun(
    run,
    { engine, patterns: [16, 32, 48, 64], episodes: 100 },
    io,
  );
  await writeFileAtomically(paths(run.folder).evaluation, `${JSON.stringify(evaluation, null, 2)}\n`);
  const pictures = await plotRun(run, engine, {}, io);
  if (json) io.out(JSON.stringify({ ...result, ...evaluation, plots: pictures }));
  else {
    for (const line of report(evaluation)) io.out(line);
    io.out('');
    io.out(
      `Trained from scratch and evaluated in ${duration((performance.now() - started) / 1000)}. Pictures:`,
    );
    for (const picture of pictures) io.out(`  ${picture}`);
  }
}
