import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';

export default defineConfig({
  // The library by its name, as in the examples.
  resolve: { alias: { ebmm: fileURLToPath(new URL('./runs/index.ts', import.meta.url)) } },
  test: {
    include: ['test/**/*.test.ts'],
    // onnxruntime and tfjs are native or global per process; two workers for two cores.
    pool: 'forks',
    maxWorkers: 2,
    testTimeout: 60_000,
    hookTimeout: 60_000,
  },
});
