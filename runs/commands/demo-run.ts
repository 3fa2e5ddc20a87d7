/** @file `ebmm demo`: the main job from scratch in a few minutes: meta-train, evaluate against rivals, draw. */
import { join, resolve } from 'node:path';
import type { Engine } from '../../src/compile/index.ts';
import { writeFileAtomically } from '../../src/files.ts';
import { evaluateRun, report } from '../evaluate.ts';
import { saveEvaluation } from '../evaluation-file.ts';
import { duration, type IO, keep } from '../io.ts';
import { plotRun } from '../plots/run-pictures.ts';
import { configure } from '../presets.ts';
import type { Evaluation } from '../records.ts';
import { loadRun, type Provenance, paths } from '../run-folder.ts';
import { train } from '../training/train.ts';

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
  await saveEvaluation(run.folder, evaluation, io);
  const pictures: string[] = [];
  for (const { name, draw } of await plotRun(run, engine, {}, io)) {
    const path = join(paths(run.folder).plots, name);
    if (await keep(io, () => writeFileAtomically(path, draw('png')))) pictures.push(path);
  }
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
