/** @file The choices that the compiled engine gives, by name: for the options of a command line, which need not load the engine. */

/** What compiled programs are written in, the fastest first. */
export const targetNames = ['avx512', 'avx2', 'wasm', 'onnxruntime'] as const;
export type TargetName = (typeof targetNames)[number];

/** Threads on the processor, at most. */
export const MOST_THREADS = 1024;

/** How matrix products are made, on processors that have tiles. */
export const productNames = ['float32', 'bfloat16x6', 'bfloat16x3'] as const;
export type Products = (typeof productNames)[number];
