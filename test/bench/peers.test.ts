/** @file The peers do the same work as this project: small problems of every energy, in Python where there is one. */
import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test, vi } from 'vitest';
import { agreement, disagreement, type Outcome } from '../../bench/agreement.ts';
import { type FormName, outcomeOf, startPeer } from '../../bench/compare.ts';
import { type Problem, problemOf, type Setting, settings } from '../../bench/problems.ts';
import { compiledEngine } from '../../src/compile/index.ts';
import { convResnet, gatedRecurrent, hopfieldSite, mlp } from '../../src/energy/index.ts';
import { folderOfFile } from '../runs/command.ts';

// XLA takes its time, more so on a busy machine.
vi.setConfig({ testTimeout: 300_000 });

/** A Python with the peers' frameworks: EBMM_PYTHON, or python3. */
const python = process.env.EBMM_PYTHON || 'python3';
function imports(modules: string): boolean {
  try {
    execFileSync(python, ['-c', `import ${modules}`], { stdio: 'ignore' });
    return true;
  } catch {
    console.warn(`peers not run: ${python} cannot import ${modules} (EBMM_PYTHON names another)`);
    return false;
  }
}
const has = { jax: imports('numpy, jax, optax'), torch: imports('numpy, torch') };

function small(setting: Setting, network: Setting['network'], T: number, K: number): Setting {
  const { write, read, ...rule } = setting.rule;
  return {
    ...setting,
    network,
    rule: { ...rule, write: { ...write, steps: T }, read: { ...read, steps: K } },
    episodes: 2,
    patterns: 3,
  };
}

const shape = { patternShape: [12] };
const smallSettings = {
  mlp: small(settings.reference(), mlp({ ...shape, hidden: [8, 8] }), 2, 3),
  site: small(settings.site(), hopfieldSite({ ...shape, width: 4 }), 2, 3),
  gated: small(settings.gated(), gatedRecurrent({ ...shape, width: 8, memory: 3, hops: 5 }), 2, 2),
  conv: small(
    settings.conv(),
    convResnet({ patternShape: [16, 16, 1], channels: [8, 16], width: 16, memory: 2, hops: 3, hidden: 5 }),
    1,
    1,
  ),
} satisfies Record<string, Setting>;

const folder = folderOfFile();

async function ownOutcome({ step, inputs, values }: Problem): Promise<Outcome> {
  const program = await compiledEngine({ threads: 1 }).compile(step, inputs);
  const first = await program.run(values);
  const carried = Object.fromEntries(Object.entries(first).filter(([name]) => name in inputs));
  const second = await program.run({ ...values, ...carried, update: new Float32Array([2]) });
  const moments = Object.entries(inputs)
    .filter(([name]) => name.startsWith('m:'))
    .map(([name, { shape }]) => [name.slice(2), { shape: [...shape], values: first[name] as Float32Array }]);
  return {
    losses: [first.loss[0], second.loss[0]],
    norm: first.norm[0],
    moments: Object.fromEntries(moments),
  };
}

/** XLA takes its time for each, and what puts episodes together knows nothing of energies: all three forms for one of them. */
const formsOf = (framework: 'jax' | 'torch', name: keyof typeof smallSettings): FormName[] => {
  if (framework === 'torch') return ['torch-func', 'torch-autograd', 'torch-loop'];
  return name === 'mlp' ? ['jax-vmap', 'jax-map', 'jax-unrolled'] : ['jax-map'];
};

describe.each(['jax', 'torch'] as const)('%s', (framework) => {
  test.skipIf(!has[framework]).each(Object.keys(smallSettings) as (keyof typeof smallSettings)[])(
    '%s has our losses and gradients, before and after an update',
    async (name) => {
      const problem = problemOf(smallSettings[name]);
      const own = await ownOutcome(problem);
      const file = join(folder, `${framework}-${name}.safetensors`);
      writeFileSync(file, problem.file);
      for (const form of formsOf(framework, name)) {
        const out = join(folder, `${name}-${form}.safetensors`);
        const contestant = await startPeer(form, python, file, out, 280);
        const { times, peak } = await contestant.step(2);
        expect(times.length).toBe(2);
        expect(peak).toBeGreaterThan(1e7);
        expect(disagreement(agreement(own, outcomeOf(contestant, out))), form).toBeUndefined();
        await contestant.close();
      }
    },
  );
});

test.skipIf(!has.torch)('a peer that does other work is found out', async () => {
  const own = await ownOutcome(problemOf(smallSettings.site));
  const other = { ...smallSettings.site, rule: { ...smallSettings.site.rule, range: [-0.9, 0.9] as const } };
  const file = join(folder, 'other.safetensors');
  writeFileSync(file, problemOf(other).file);
  const out = join(folder, 'other-moments.safetensors');
  const contestant = await startPeer('torch-loop', python, file, out, 280);
  expect(disagreement(agreement(own, outcomeOf(contestant, out)))).toMatch('differs by');
  await contestant.close();
  expect(readFileSync(out).length).toBeGreaterThan(100);
});
