/**
 * @file The folder of a sweep: sweep.json says what is to be done and never changes; a run folder for each trial; and in sweep/
 * who works on what. Every process that finds the folder, on any machine, can join in.
 */
import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { link, mkdir, rm, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { z } from 'zod';
import { parseConfig } from '../../meta/config.ts';
import { productNames, targetNames } from '../../src/compile/index.ts';
import { InputError } from '../../src/errors.ts';
import { onFile, writeFileAtomically } from '../../src/files.ts';
import { judgingSchema } from '../heldout.ts';
import { checkModules } from '../modules.ts';
import { type Provenance, paths, readConfig, readJson } from '../run-folder.ts';
import { halvingSchema } from './halving.ts';
import type { Trial } from './plan.ts';

const trialName = z.string().regex(/^trial-\d{3,5}$/);

const manifestSchema = z.strictObject({
  version: z.literal(1),
  /** Of the preset or configuration. */
  name: z.string(),
  made_with: z.looseObject({ ebmm: z.string() }),
  /** What computes all trials, so that they compare. */
  engine: z.strictObject({
    engine: z.enum(['compiled', ...targetNames, 'tfjs']),
    device: z.enum(['cpu', 'cuda', 'webgpu']),
    products: z.enum(productNames),
  }),
  judged: judgingSchema,
  halving: halvingSchema.optional(),
  trials: z
    .array(
      z.strictObject({
        name: trialName,
        changes: z.record(z.string(), z.unknown()),
        seed: z.int().min(0),
        config: z.record(z.string(), z.unknown()),
        seal: z.string().optional(),
      }),
    )
    .min(1),
});

export type Manifest = Omit<z.output<typeof manifestSchema>, 'trials' | 'made_with'> & {
  made_with: Provenance;
  trials: Trial[];
};

export const sweepPaths = (folder: string) => ({
  manifest: join(folder, 'sweep.json'),
  claims: join(folder, 'sweep', 'claims'),
  /** The run folder of a trial. */
  run: (trial: string) => join(folder, trial),
  /** The lease of whoever works on it. */
  claim: (trial: string) => join(folder, 'sweep', 'claims', trial),
  /** Why it cannot be made. */
  failure: (trial: string) => join(folder, 'sweep', 'failed', `${trial}.json`),
});

export const isSweep = (folder: string) => existsSync(sweepPaths(folder).manifest);

/** @throws InputError when there is none, or it is damaged */
export async function readManifest(folder: string): Promise<Manifest> {
  const file = sweepPaths(folder).manifest;
  if (!existsSync(file)) throw new InputError(`${folder}: no sweep (no sweep.json in it)`);
  return parseManifest(await readJson(file), file);
}

/**
 * A manifest that came from anywhere.
 * @param where for messages
 * @throws InputError
 */
export function parseManifest(value: unknown, where: string): Manifest {
  const read = manifestSchema.safeParse(value);
  if (!read.success) {
    const [{ path, message }] = read.error.issues;
    throw new InputError(`${where}: not a sweep (${path.join('.') || 'all of it'}: ${message})`);
  }
  const trials = read.data.trials.map((trial) => ({
    ...trial,
    config: parseConfig(trial.config, `${where}: ${trial.name}`),
  }));
  if (new Set(trials.map(({ name }) => name)).size < trials.length) {
    throw new InputError(`${where}: not a sweep (two trials of one name)`);
  }
  return { ...read.data, made_with: read.data.made_with as unknown as Provenance, trials };
}

/** @throws InputError when trials name modules that this user may not have written */
export async function checkTrust(folder: string, { trials }: Manifest): Promise<void> {
  for (const { config, seal } of trials) await checkModules(folder, config, seal);
}

/**
 * Makes the folder of a sweep, or joins it where the same sweep is there; of several that begin it at once, one makes it.
 * @throws InputError when something else is there
 */
export async function openSweep(folder: string, manifest: Manifest): Promise<Manifest> {
  const file = sweepPaths(folder).manifest;
  if (!existsSync(file)) {
    if (existsSync(paths(folder).config)) {
      throw new InputError(`${folder} holds a run: choose another --out for the sweep`);
    }
    await createFile(folder, file, `${JSON.stringify(manifest, null, 1)}\n`);
  }
  const there = await readManifest(folder);
  const difference = differenceOf(there, manifest);
  if (!difference) return there;
  throw new InputError(
    `${folder} holds another sweep (${difference}): choose another --out, or go on with it: ebmm sweep ${folder}`,
  );
}

/** Never writes over a file; where one is there already, leaves it. */
async function createFile(folder: string, file: string, text: string): Promise<void> {
  await onFile(file, async () => {
    await mkdir(folder, { recursive: true });
    const temporary = `${file}.${randomBytes(4).toString('hex')}.partial`;
    try {
      await writeFile(temporary, text, { flag: 'wx' });
      await link(temporary, file).catch(async ({ code }: NodeJS.ErrnoException) => {
        // Some file systems have no links.
        if (code !== 'EEXIST') await writeFileAtomically(file, text);
      });
    } finally {
      await rm(temporary, { force: true });
    }
  });
}

/** In words; undefined where there is none. */
function differenceOf(there: Manifest, own: Manifest): string | undefined {
  const same = (a: unknown, b: unknown) => JSON.stringify(a) === JSON.stringify(b);
  for (const key of ['judged', 'engine', 'halving'] as const) {
    if (!same(there[key], own[key])) {
      return `${key} is ${JSON.stringify(there[key]) ?? 'not asked for'}, not ${JSON.stringify(own[key]) ?? 'none'}`;
    }
  }
  if (there.trials.length !== own.trials.length) {
    return `${there.trials.length} trials, not ${own.trials.length}`;
  }
  const other = there.trials.find(({ config }, i) => !same(config, own.trials[i].config));
  return other && `another configuration of ${other.name}`;
}

/** @throws InputError when what lies in the place of a trial's run is another run */
export async function checkRun(folder: string, { name, config }: Trial): Promise<void> {
  const run = sweepPaths(folder).run(name);
  // Of the task, what was read off the data is filled in; of modules, the defaults of their options.
  const named = (part: Trial['config']['corruption' | 'loss']) =>
    typeof part === 'object' ? basename(part.file) : part;
  const compared = ({ task: { name: task }, network, corruption, loss, ...rest }: Trial['config']) =>
    JSON.stringify([task, network.name, named(corruption), named(loss), rest]);
  if (compared(await readConfig(run)) !== compared(config)) {
    throw new InputError(`${run} holds a run of another configuration: move it away`);
  }
}
