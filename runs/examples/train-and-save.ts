import {
  compiledEngine,
  evaluateMemories,
  loadRun,
  loadTask,
  memories,
  memoryOf,
  metaTrain,
  saveRun,
} from 'ebmm';

const memory = await metaTrain({
  network: { name: 'hopfield-site', width: 4 },
  task: { name: 'binary', dimension: 32 },
  corruption: 'resample:12',
  training: { steps: 60, patterns: 6, learning_rate: 0.02, warmup: 5, validate: { every: 20, episodes: 16 } },
  // False ends training early; a signal gives it up.
  onUpdate: ({ errorAverage }) => errorAverage > 0.01,
  onValidation: ({ step, error }) => console.log(`after ${step} updates: ${error.toFixed(2)} wrong bits`),
  signal: AbortSignal.timeout(600_000),
});

// A run folder, as `ebmm train` writes them: `ebmm evaluate`, `plot`, `recall` and `train --resume` take it.
export const folder = await saveRun(memory, process.env.EBMM_EXAMPLE ?? 'runs/out/from-code');

export const evaluation = await evaluateMemories(
  {
    last: memory,
    best: memoryOf(await loadRun(folder, { best: true }), compiledEngine()),
    hebb: memories.classical({ rule: 'hebb' }),
    modern: memories.modern({ beta: 4, floats: memory.floats }),
    diffusion: memories.diffusion({ method: 'ode' }),
  },
  {
    task: await loadTask({ name: 'binary', dimension: 32 }, { cache: '' }),
    corruption: 'resample:12',
    patterns: [6],
    episodes: 20,
  },
);
for (const { memory: name, error, floats } of evaluation.rows)
  console.log(`${name}: ${error.toFixed(2)} wrong bits, ${floats} floats`);
