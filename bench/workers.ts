/**
 * @file What sharing an update costs: milliseconds of updates whose parts two workers compute through a Redis on this machine, beside the same
 * parts on two threads of one process, at 10^4, 10^5 and 10^6 parameters. The numbers of both must be equal bit for bit.
 *
 *     npm run bench:workers -- [--updates 20] [--workers 2] [--parts 8] [--sizes 80,280,960] [--json]
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { parseConfig } from '../meta/config.ts';
import type { PartsElsewhere } from '../meta/parts.ts';
import { Trainer } from '../meta/trainer.ts';
import type { IO } from '../runs/io.ts';
import { makeLearner } from '../runs/learners.ts';
import { makeModel } from '../runs/models.ts';
import { shareParts } from '../runs/workers/coordinator.ts';
import { compiledEngine } from '../src/compile/index.ts';
import { sizeOf } from '../src/shapes.ts';
import { loadTask, parseCorruption } from '../tasks/index.ts';
import { freePort } from './free-port.ts';

const { values: given } = parseArgs({
  options: {
    updates: { type: 'string', default: '20' },
    workers: { type: 'string', default: '2' },
    parts: { type: 'string', default: '8' },
    /** Widths of the two hidden layers of a perceptron over 64 values: 10^4, 10^5 and 10^6 parameters. */
    sizes: { type: 'string', default: '80,280,960' },
    json: { type: 'boolean', default: false },
  },
});
const [updates, workers, parts] = [given.updates, given.workers, given.parts].map(Number);
/** Patterns of an episode such that an update of 10^5 parameters takes some 100 ms on two cores of 2023. */
const PATTERNS = 96;
const WARM = 3;

async function setup(width: number) {
  const config = parseConfig(
    {
      task: { name: 'binary', dimension: 64 },
      network: { name: 'mlp', hidden: [width, width], writable: [2] },
      training: { episodes: parts, patterns: PATTERNS, parts, learning_rate: 1e-4, warmup: 0 },
    },
    'bench',
  );
  const task = await loadTask(config.task, { cache: '' });
  const corruption = parseCorruption(task.corruption, task);
  const model = await makeModel(config);
  const learner = makeLearner({ config, task, corruption, model });
  const { training, seed } = config;
  const count = Object.values(model.parameters).reduce((sum, { shape }) => sum + sizeOf(shape), 0);
  const trainer = (threads: number, elsewhere?: PartsElsewhere) => {
    const engine = compiledEngine({ threads });
    return { engine, trainer: new Trainer({ training, learner, engine, seed, elsewhere }) };
  };
  return { config, learner, count, trainer };
}

/** Milliseconds that processors have spent on a process, where Linux says so. */
function spent({ pid }: { pid?: number }): number {
  try {
    const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1].split(' ');
    return 10 * (Number(fields[11]) + Number(fields[12]));
  } catch {
    return Number.NaN;
  }
}

/** Median milliseconds of an update, the mean ones that processors spent on it in each of some processes, and the last loss. */
async function timed(trainer: Trainer, processes: readonly { pid?: number }[]) {
  const times: number[] = [];
  let loss = Number.NaN;
  let before: number[] = [];
  for (let i = 0; i < WARM + updates; i++) {
    if (i === WARM) before = processes.map(spent);
    const started = performance.now();
    ({ loss } = await trainer.update());
    if (i >= WARM) times.push(performance.now() - started);
  }
  times.sort((a, b) => a - b);
  const cpu = processes.map((each, i) => (spent(each) - before[i]) / updates);
  return { ms: times[Math.floor(times.length / 2)], cpu, loss };
}

const folder = mkdtempSync(join(tmpdir(), 'ebmm-bench-'));
const port = await freePort();
const url = `redis://127.0.0.1:${port}`;
const children: ChildProcess[] = [];
const begin = (command: string, ...argv: string[]) => {
  const child = spawn(command, argv, { stdio: 'ignore' });
  child.on('error', ({ message }) => console.error(`${command}: ${message}`));
  children.push(child);
};
const main = fileURLToPath(new URL('../runs/main.ts', import.meta.url));
const rows: Record<string, number>[] = [];
try {
  begin('redis-server', '--port', String(port), '--bind', '127.0.0.1', '--save', '', '--appendonly', 'no', '--dir', folder); // biome-ignore format: one command
  await new Promise((resume) => setTimeout(resume, 1000));
  for (let w = 0; w < workers; w++) begin(process.execPath, '--import', 'tsx', main, 'worker', url, '--threads', '1'); // biome-ignore format: one command
  const quiet: IO = { out() {}, err() {}, stream: process.stderr, env: process.env, stopping: {} };
  for (const width of given.sizes.split(',').map(Number)) {
    const { config, learner, count, trainer } = await setup(width);
    const alone = trainer(workers);
    const here = await timed(alone.trainer, [process]);
    await alone.engine.dispose();
    const coordinator = await shareParts(url, quiet);
    const shared = trainer(1, coordinator.elsewhere);
    await shared.trainer.compile();
    await coordinator.announce(shared.trainer, {
      config,
      learner,
      engine: shared.engine,
      name: `bench-${width}`,
      version: '0.1.0',
      files: { files: [], modules: [] },
    });
    const there = await timed(shared.trainer, [process, ...children]);
    await coordinator.close();
    await shared.engine.dispose();
    if (!Object.is(here.loss, there.loss)) throw new Error(`losses differ: ${here.loss}, ${there.loss}`);
    rows.push({
      parameters: count,
      alone: here.ms,
      shared: there.ms,
      overhead: there.ms / here.ms - 1,
      /** Of processors, all threads together: alone; of who shares, of Redis, of all workers. */
      cpuAlone: here.cpu[0],
      cpuCoordinator: there.cpu[0],
      cpuRedis: there.cpu[1],
      cpuWorkers: there.cpu.slice(2).reduce((a, b) => a + b, 0),
      /** Through Redis, an update: parameters to every worker, gradients of every part from them. */
      megabytes: (4 * count * (workers + parts)) / 1e6,
    });
    if (!given.json) {
      const {
        alone: a,
        shared: s,
        overhead,
        megabytes,
        cpuAlone,
        cpuCoordinator,
        cpuRedis,
        cpuWorkers,
      } = rows.at(-1)!;
      console.log(`${String(count).padStart(8)} parameters  one process ${a.toFixed(1)} ms  ${workers} workers ${s.toFixed(1)} ms  overhead ${(100 * overhead).toFixed(0)}%  ${megabytes.toFixed(1)} MB out of Redis  processors: ${cpuAlone.toFixed(0)} ms; ${cpuCoordinator.toFixed(0)} + Redis ${cpuRedis.toFixed(0)} + workers ${cpuWorkers.toFixed(0)} ms`); // biome-ignore format: one line
    }
  }
  if (given.json) console.log(JSON.stringify({ updates, workers, parts, patterns: PATTERNS, rows }, null, 1));
} finally {
  for (const child of children) child.kill('SIGKILL');
  rmSync(folder, { recursive: true, force: true });
}
process.exit();
