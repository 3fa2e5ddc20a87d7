/** @file Modules of WebAssembly out of functions (https://webassembly.github.io/spec/core/binary/modules.html). */
import { Bytes } from './bytes.ts';
import { I32 } from './instructions.ts';

export const PAGE_BYTES = 65_536;

/** A function of integers that returns nothing. */
export interface ModuleFunction {
  parameters: number;
  /** Of `Body.finish`. */
  body: Bytes;
  /** The name by which it is called from outside. */
  exported?: string;
}

export interface ModuleOptions {
  /** Functions from outside, which have the first numbers. */
  imports?: readonly { module: string; name: string; parameters: number }[];
  memory:
    | { imported: { module: string; name: string }; pages: number; shared: boolean }
    | { exported: string; pages: number };
  functions: readonly ModuleFunction[];
}

const [FUNCTION, MEMORY] = [0, 2];

/** The bytes of a module. */
export function writeModule({ imports = [], memory, functions }: ModuleOptions): Uint8Array {
  const all = new Bytes(1024);
  all.bytes([0, 0x61, 0x73, 0x6d, 1, 0, 0, 0]);
  const section = (id: number, items: readonly ((into: Bytes) => void)[]) => {
    if (items.length === 0) return;
    const content = new Bytes(1024);
    content.unsigned(items.length);
    for (const item of items) item(content);
    all.byte(id);
    all.sized(content);
  };
  // Types: one a number of parameters.
  const counts = [...new Set([...imports, ...functions].map(({ parameters }) => parameters))];
  section(
    1,
    counts.map((parameters) => (into) => {
      into.byte(0x60);
      into.unsigned(parameters);
      for (let i = 0; i < parameters; i++) into.byte(I32);
      into.unsigned(0);
    }),
  );
  const given = imports.map(({ module, name, parameters }) => (into: Bytes) => {
    into.name(module);
    into.name(name);
    into.byte(FUNCTION);
    into.unsigned(counts.indexOf(parameters));
  });
  if ('imported' in memory)
    given.push((into) => {
      into.name(memory.imported.module);
      into.name(memory.imported.name);
      into.byte(MEMORY);
      limits(into, memory.pages, memory.shared);
    });
  section(2, given);
  section(
    3,
    functions.map(
      ({ parameters }) =>
        (into) =>
          into.unsigned(counts.indexOf(parameters)),
    ),
  );
  if ('exported' in memory) section(5, [(into) => limits(into, memory.pages, false)]);
  const exported = functions.flatMap(({ exported }, i) =>
    exported === undefined ? [] : [{ name: exported, kind: FUNCTION, index: imports.length + i }],
  );
  if ('exported' in memory) exported.push({ name: memory.exported, kind: MEMORY, index: 0 });
  section(
    7,
    exported.map(({ name, kind, index }) => (into) => {
      into.name(name);
      into.byte(kind);
      into.unsigned(index);
    }),
  );
  section(
    10,
    functions.map(
      ({ body }) =>
        (into) =>
          into.sized(body),
    ),
  );
  return all.written.slice();
}

/** As many pages at first as at most; memory that threads share has to say how many it may have. */
function limits(into: Bytes, pages: number, shared: boolean): void {
  into.byte(shared ? 3 : 1);
  into.unsigned(pages);
  into.unsigned(pages);
}
