/** @file How the page is built: static files with relative addresses, no Node module in any of them. */
import { fileURLToPath } from 'node:url';
import type { InlineConfig, Plugin } from 'vite';

const here = (path: string) => fileURLToPath(new URL(path, import.meta.url));

/**
 * Modules of the project that read files import Node's modules. The page uses nothing of theirs that needs one; where the
 * bundler cannot see that, calls of Node's functions are replaced by ones that throw. What is not Node's own and no browser
 * has (onnxruntime-node, koffi) must be dropped altogether: one that is left fails the build.
 */
const withoutNode = (): Plugin => ({
  name: 'without-node',
  enforce: 'pre',
  resolveId(id) {
    // What reads the modules of users.
    if (/^(esbuild|es-module-lexer|import-meta-resolve)$/.test(id))
      return { id: `\0absent:${id}`, moduleSideEffects: false };
    if (id.startsWith('node:')) return { id: `\0${id}`, moduleSideEffects: false };
    if (/^(onnxruntime-node$|koffi$)/.test(id)) return { id, external: true, moduleSideEffects: false };
    return undefined;
  },
  async load(id) {
    if (id.startsWith('\0absent:')) return 'export default undefined;';
    if (!id.startsWith('\0node:')) return undefined;
    const name = id.slice(1);
    const exported = Object.keys(await import(name)).filter((key) => /^\w+$/.test(key) && key !== 'default');
    return [
      `const absent = (what) => () => { throw new Error('${name} has no ' + what + ' in a browser'); };`,
      ...exported.map((key) => `export const ${key} = /* @__PURE__ */ absent('${key}');`),
      'export default {};',
    ].join('\n');
  },
  generateBundle(_, bundle) {
    for (const chunk of Object.values(bundle)) {
      if (chunk.type !== 'chunk') continue;
      const left = [...chunk.imports, ...chunk.dynamicImports].filter((id) => !(id in bundle));
      if (left.length > 0) this.error(`${chunk.fileName} imports ${left.join(', ')}, which no browser has`);
    }
  },
});

/** Modules whose import alone does something: registrations. All others may be dropped where nothing of them is used. */
const registering =
  /tfjs-core|tfjs-backend-cpu|src\/autodiff|src\/compile|explorer\/page|preact|uplot|\.css$/;

const output = {
  // Which step of a build takes long is of no interest here.
  checks: { pluginTimings: false },
  treeshake: {
    moduleSideEffects: (id: string, external: boolean) => !external && registering.test(id),
  },
};

export const pageConfig = (outDir: string): InlineConfig => ({
  root: here('.'),
  base: './',
  configFile: false,
  logLevel: 'warn',
  publicDir: false,
  plugins: [withoutNode()],
  resolve: {
    alias: [{ find: /^@tensorflow\/tfjs$/, replacement: here('./tf.ts') }],
  },
  oxc: { jsx: { runtime: 'automatic', importSource: 'preact' } },
  worker: { format: 'es', plugins: () => [withoutNode()], rolldownOptions: output },
  build: {
    outDir,
    emptyOutDir: true,
    target: 'es2022',
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    rolldownOptions: output,
    reportCompressedSize: false,
    chunkSizeWarningLimit: 2000,
  },
});
