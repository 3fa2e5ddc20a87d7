/** @file Node 20 has WebAssembly's multiplication with an addition in one instruction, but behind a switch that later versions need no more. */
import { setFlagsFromString } from 'node:v8';
import { hasRelaxed } from '../src/webassembly/runtime.ts';

/**
 * For a program of our own, before anything is compiled: a fifth less time for matrix products. A library does not touch the switches of
 * the process that it is in.
 */
export function allowRelaxed(): void {
  if (process.versions.v8.startsWith('11.3.')) setFlagsFromString('--experimental-wasm-relaxed-simd');
  // It is asked once.
  hasRelaxed();
}
