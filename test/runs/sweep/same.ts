/** @file `same.ts SWEEP SWEEP`: whether all trials of two sweeps are bit for bit the same, but for the clock. */
import { deepStrictEqual } from 'node:assert/strict';
import { readManifest } from '../../../runs/sweep/manifest.ts';
import { outcomeOf } from './process.ts';

const [a, b] = process.argv.slice(2);
const { trials } = await readManifest(a);
for (const { name } of trials) deepStrictEqual(outcomeOf(b, name), outcomeOf(a, name), name);
console.log(`${trials.length} trials: weights, metrics and errors are the same bit for bit`);
