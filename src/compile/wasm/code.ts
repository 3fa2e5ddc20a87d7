/** @file The WebAssembly module of a plan: a function for each step and for each kernel that steps share, called one after the other. */
import { Body } from '../../webassembly/body.ts';
import { type ModuleFunction, writeModule } from '../../webassembly/module.ts';
import { hasRelaxed } from '../../webassembly/runtime.ts';
import { forTarget, wasm } from '../emit/assembler/target.ts';
import { imageOf } from '../plan/memory-image.ts';
import { type PartPorts, prepared } from '../plan/prepared.ts';
import type { InputSpec } from '../program/engine.ts';
import type { Image } from '../program/program-memory.ts';
import { Unsupported } from '../program/unsupported.ts';
import type { Trace } from '../trace/trace-backend.ts';
import { names, pagesOf } from './instance.ts';
import { WasmAssembler } from './wasm-assembler.ts';
import { START, WasmFunction } from './wasm-registers.ts';

/** More memory is no good: addresses have 32 bits, and pages that a browser may have of its own. */
const MOST_BYTES = 2 ** 31;
const NUMBER_BYTES = 4;

export interface WasmCode {
  bytes: Uint8Array;
  image: Image;
  /** Their names. */
  steps: string[];
}

export interface WasmCodeOptions {
  /** For a program that is called for part after part. */
  ports?: PartPorts;
  /** Whether threads share its memory. */
  shared?: boolean;
  /** Whether multiplications with an addition may round once; default: where the runtime has them. */
  relaxed?: boolean;
  /** Whether it tells of every step when it is done. */
  profile?: boolean;
}

/** @throws Unsupported for what no kernel is written for */
export function wasmCode(
  traced: Trace,
  specs: Record<string, InputSpec>,
  {
    ports = { shared: [], summed: [] },
    shared = false,
    relaxed = hasRelaxed(),
    profile = false,
  }: WasmCodeOptions = {},
): WasmCode {
  return forTarget(wasm, () => {
    const { steps, ...layout } = prepared(traced.inputs, traced.outputs, ports, START);
    if (layout.memory * NUMBER_BYTES > MOST_BYTES) throw new Unsupported('more than 2 GiB of memory');
    const imports = profile ? [{ module: names.from, name: names.step, parameters: 1 }] : [];
    const functions: ModuleFunction[] = [];
    const write = (assembler: WasmAssembler): WasmFunction => {
      functions.push({ parameters: assembler.parameters, body: assembler.finish() });
      return new WasmFunction(imports.length + functions.length - 1);
    };
    const subroutines = new Map<string, WasmFunction>();
    const subroutine = (key: string, emit: (assembler: WasmAssembler) => void): WasmFunction => {
      let known = subroutines.get(key);
      if (!known) {
        const assembler = WasmAssembler.ofSubroutine(relaxed);
        emit(assembler);
        known = write(assembler);
        subroutines.set(key, known);
      }
      return known;
    };
    const run = new Body();
    for (const [i, step] of steps.entries()) {
      const assembler = WasmAssembler.ofStep(relaxed);
      step.emit({ assembler, constants: assembler, subroutine });
      run.call(write(assembler).index);
      if (profile) {
        run.integer(i);
        run.call(0);
      }
    }
    functions.push({ parameters: 0, body: run.finish(), exported: names.run });
    const pages = pagesOf(layout.memory * NUMBER_BYTES);
    return {
      bytes: writeModule({
        imports,
        memory: { imported: { module: names.from, name: names.memory }, pages, shared },
        functions,
      }),
      image: imageOf(layout, traced, specs, ports.summed),
      steps: steps.map(({ name }) => name),
    };
  });
}
