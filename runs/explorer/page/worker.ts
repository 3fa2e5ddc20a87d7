/** @file The worker: computes for the page, off its thread. */
import { serve } from './lab/channel.ts';
import { eagerEngine } from './lab/eager-engine.ts';
import { lab } from './lab/lab.ts';

serve(self as unknown as Parameters<typeof serve>[0], lab(eagerEngine));
