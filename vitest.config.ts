import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';

/** Needs gradients of tfjs that nothing has replaced yet, so a process of its own. */
const alone = 'test/src/autodiff/stock.test.ts';
/** Slow: they drive pages in a browser. `npm run test:browser`. */
const browser = 'test/**/*.browser.test.ts';

export default defineConfig({
  test: {
    // Two workers for two cores. Each keeps what it has imported: loading tfjs for every file takes a third of the time.
    maxWorkers: 2,
    globalSetup: 'test/folder.ts',
    // Many a test compiles what no machine code is written for.
    onConsoleLog: (line) => !/^ebmm: no (machine code|kernel)/.test(line),
    projects: [
      { name: 'shared', include: ['test/**/*.test.ts'], exclude: [alone, browser], isolate: false },
      { name: 'alone', include: [alone], isolate: true },
      { name: 'browser', include: [browser], isolate: true },
    ].map((files) => ({
      // The library by its name, as in the examples.
      resolve: { alias: { ebmm: fileURLToPath(new URL('./runs/index.ts', import.meta.url)) } },
      test: {
        ...files,
        // onnxruntime and tfjs are native or global per process.
        pool: 'forks' as const,
        // Graphs are checked after every rewrite, and faults of the compiler are errors. Settings are not the developer's own.
        env: { EBMM_STRICT: '1', XDG_CONFIG_HOME: join(tmpdir(), 'ebmm-test-settings') },
        testTimeout: 60_000,
        hookTimeout: 60_000,
      },
    })),
  },
});
