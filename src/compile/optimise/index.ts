/** @file Rewriting of a traced graph as a whole, after which it does the same with less work. */
import type { Builder } from '../builder.ts';
import { batches } from './batches.ts';
import { dots } from './dots.ts';
import { fused } from './fused.ts';
import { reductions } from './reductions.ts';
import { type Outputs, rewrite } from './rewrite.ts';
import { siblings } from './siblings.ts';
import { sums } from './sums.ts';

// Sums come after what looks for single products, and twice: the first time frees factors of what others use too.
const passes = [dots, batches, sums, sums, siblings, reductions];

export function optimise(builder: Builder, outputs: Outputs): Outputs {
  const only = process.env.EBMM_PASSES?.split(',');
  return passes
    .filter((p) => !only || only.includes(p.name))
    .reduce((graph, pass) => rewrite(builder, graph, pass, pass === siblings), outputs);
}

/** What onnxruntime would find out by itself, in longer. */
export const forRuntime = (builder: Builder, outputs: Outputs) => rewrite(builder, outputs, fused);
