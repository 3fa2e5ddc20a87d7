import { copyFileSync, mkdirSync, writeFileSync } from 'node:fs';
import { builtinModules } from 'node:module';
import { join } from 'node:path';
import { createContext, runInContext } from 'node:vm';
import { build } from 'esbuild';
import { beforeAll, describe, expect, test } from 'vitest';
import { parseConfig } from '../../meta/config.ts';
import * as library from '../../runs/browser.ts';
import { serve } from '../../runs/explorer/serve.ts';
import { compiledEngine } from '../../src/compile/index.ts';
import { executable, launch } from './browser.ts';
import { folderOfFile } from './command.ts';

/** Bytes of the library in a page, at most: the whole explorer is to stay below 2 MB. */
const MOST_BYTES = 1_200_000;

const config = parseConfig(
  {
    task: { name: 'binary', dimension: 24 },
    network: { name: 'hopfield-site', width: 4 },
    write: { steps: 2 },
    read: { steps: 2 },
    training: { steps: 3, episodes: 2, patterns: [6] },
  },
  'test',
);

/** Some updates of training and a recall, with nothing but the library: the same in a browser as here. */
async function session(ebmm: typeof library, engine: library.Engine, given: typeof config) {
  const {
    Trainer,
    LearnedMemory,
    binaryTask,
    energyModel,
    memoryLearner,
    networks,
    parseCorruption,
    stream,
    tf,
  } = ebmm;
  const task = binaryTask({ dimension: 24 });
  const model = energyModel(networks['hopfield-site']({ patternShape: [24], width: 4 }), given);
  const corruption = parseCorruption(task.corruption, task);
  const learner = memoryLearner({ config: given, task, corruption, model });
  const trainer = new Trainer({ training: given.training, learner, engine, seed: 1 });
  const losses: number[] = [];
  for (let i = 0; i < 3; i++) losses.push((await trainer.update()).loss);
  const memory = new LearnedMemory({ model, engine, parameters: ebmm.trainedParameters(trainer.state) });
  const random = stream(1, 'test');
  const patterns = tf.tensor2d(
    Array.from({ length: 6 * 24 }, () => 2 * random.bit() - 1),
    [6, 24],
  );
  const stored = await memory.store(patterns);
  const recall = await stored.recall(patterns);
  const recalled = Array.from(await recall.patterns.data());
  return { losses, recalled };
}

describe('the library in a browser', () => {
  let code = '';
  let imports: string[] = [];
  beforeAll(async () => {
    const { outputFiles, metafile } = await build({
      entryPoints: ['runs/browser.ts'],
      alias: { '@tensorflow/tfjs': './runs/explorer/page/tf.ts' },
      bundle: true,
      minify: true,
      platform: 'browser',
      format: 'iife',
      globalName: 'ebmm',
      metafile: true,
      write: false,
      outdir: 'nowhere',
      logOverride: { 'empty-import-meta': 'silent' },
    });
    [code] = outputFiles.map(({ text }) => text);
    imports = Object.values(metafile.inputs).flatMap((input) => input.imports.map(({ path }) => path));
  });

  test('has nothing of Node, of machine code or of onnxruntime in it', () => {
    const ofNode = imports.filter((path) => path.startsWith('node:') || builtinModules.includes(path));
    expect(ofNode).toEqual([]);
    for (const name of ['koffi', 'onnxruntime', 'native/machine', 'tfjs-node'])
      expect(imports.filter((path) => path.includes(name))).toEqual([]);
  });

  test('is small', () => {
    expect(code.length).toBeLessThan(MOST_BYTES);
  });

  test('trains and recalls where there is nothing but what browsers have, with the numbers of Node', async () => {
    const browser = { TextDecoder, TextEncoder, console, performance, setTimeout, clearTimeout, config };
    const context = createContext(browser);
    // As in a worker: tfjs asks.
    runInContext('globalThis.self = globalThis; globalThis.WorkerGlobalScope = class {};', context);
    runInContext(code, context);
    expect(runInContext('typeof process + typeof require + typeof Buffer', context)).toBe(
      'undefined'.repeat(3),
    );
    const script = `(${session})(ebmm, ebmm.webAssemblyEngine(), config)`;
    const there = (await runInContext(script, context)) as Awaited<ReturnType<typeof session>>;
    const engine = compiledEngine({ threads: 1 });
    const here = await session(library, engine, config);
    await engine.dispose();
    expect(here.losses).toHaveLength(3);
    for (const [i, loss] of here.losses.entries())
      expect(Math.abs(there.losses[i] - loss)).toBeLessThan(1e-4 * Math.abs(loss));
    for (const [i, value] of here.recalled.entries())
      expect(Math.abs(there.recalled[i] - value)).toBeLessThan(1e-4);
  });

  test.runIf(executable)(
    'and on threads of an isolated page, in Chromium',
    async () => {
      const folder = folderOfFile();
      const call = 'session(ebmm, ebmm.webAssemblyEngine({ threads: 2 }), config)';
      await build({
        stdin: {
          contents: `import * as ebmm from './runs/browser.ts';
          const session = ${session};
          const config = ${JSON.stringify(config)};
          ${call}.then((done) => { globalThis.done = done; }, ({ stack }) => { globalThis.done = { stack }; });`,
          resolveDir: process.cwd(),
        },
        alias: { '@tensorflow/tfjs': './runs/explorer/page/tf.ts' },
        bundle: true,
        platform: 'browser',
        format: 'esm',
        outfile: join(folder, 'app.js'),
      });
      mkdirSync(join(folder, 'wasm'));
      copyFileSync('src/compile/wasm/thread.js', join(folder, 'wasm/thread.js'));
      writeFileSync(
        join(folder, 'index.html'),
        '<!doctype html><script type="module" src="app.js"></script>',
      );
      const served = await serve([folder]);
      const browser = await launch();
      try {
        const page = await browser.newPage();
        await page.goto(served.address);
        expect(await page.evaluate('crossOriginIsolated')).toBe(true);
        type Done = Awaited<ReturnType<typeof session>> & { stack?: string };
        let there: Done | undefined;
        while (!there) there = (await page.evaluate('globalThis.done')) as Done | undefined;
        expect(there.stack).toBeUndefined();
        expect(page.workers()).toHaveLength(2);
        const engine = compiledEngine({ threads: 1 });
        const here = await session(library, engine, config);
        await engine.dispose();
        for (const [i, loss] of here.losses.entries())
          expect(Math.abs(there.losses[i] - loss)).toBeLessThan(1e-4 * Math.abs(loss));
      } finally {
        await browser.close();
        await served.close();
      }
    },
    60_000,
  );
});
