/** @file The worker: computes for the page, off its thread. */
import './lab/values-backend.ts';
import { serve } from './lab/channel.ts';
import { pageEngine } from './lab/engine.ts';
import { lab } from './lab/lab.ts';

const scope = self as unknown as Parameters<typeof serve>[0] & { name: string };
// Training takes all threads but the page's own; the others are many small questions.
const threads = scope.name === 'train' ? Math.max(1, navigator.hardwareConcurrency - 1) : 1;
serve(
  scope,
  lab(async () => pageEngine(threads)),
);
