/** @file The page's engine: WebAssembly; what it has no kernel for runs eagerly, in plain JavaScript, fetched when first needed. */
import { webAssemblyEngine } from '../../../../src/compile/browser.ts';
import type { Engine, Program } from '../../../../src/compile/program/engine.ts';

/** @param threads of one program, where the page is isolated; else one */
export function pageEngine(threads: number): Engine {
  const fast = webAssemblyEngine({ threads });
  let slow: Promise<Engine> | undefined;
  const eager = async (): Promise<Engine> => {
    slow ??= import('./eager-engine.ts').then(({ eagerEngine }) => eagerEngine());
    return slow;
  };
  return {
    name: 'WebAssembly',
    async compile(f, inputs): Promise<Program> {
      try {
        return await fast.compile(f, inputs);
      } catch (error) {
        console.warn(`computed in plain JavaScript: ${error instanceof Error ? error.message : error}`);
        return (await eager()).compile(f, inputs);
      }
    },
    async dispose() {
      await fast.dispose();
    },
  };
}
