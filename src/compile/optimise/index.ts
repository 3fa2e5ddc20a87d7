/** @file Rewriting of a traced graph as a whole, after which it does the same with less work. */
import type { Builder } from '../builder.ts';
import { batches } from './batches.ts';
import { dots } from './dots.ts';
import { type Outputs, rewrite } from './rewrite.ts';
import { sums } from './sums.ts';

// Sums change last: the others look for single products.
const passes = [dots, batches, sums, sums];

export function optimise(builder: Builder, outputs: Outputs): Outputs {
  const only = process.env.EBMM_PASSES?.split(',');
  return passes.filter((p) => !only || only.includes(p.name)).reduce((graph, pass) => rewrite(builder, graph, pass), outputs);
}
