/** @file Rewriting of a traced graph as a whole, after which it does the same with less work. */
import type { Builder } from '../builder.ts';
import { liveNodes } from '../graph.ts';
import { batches } from './batches.ts';
import { dots } from './dots.ts';
import { fused } from './fused.ts';
import { leading } from './leading.ts';
import { reductions } from './reductions.ts';
import { type Outputs, rewrite } from './rewrite.ts';
import { siblings } from './siblings.ts';
import { standard } from './standard.ts';
import { sums } from './sums.ts';

export function optimise(builder: Builder, outputs: Outputs): Outputs {
  // Tensors of images have an order of axes in memory, which this would hide.
  const images = liveNodes(Object.values(outputs)).some(({ op }) => op === 'Conv' || op === 'ConvTranspose');
  let graph = images ? outputs : rewrite(builder, outputs, leading);
  // Sums come after what looks for single products, and twice: the first time frees factors of what others use too.
  for (const pass of [dots, batches, sums, sums]) graph = rewrite(builder, graph, pass);
  return graph;
}

/** Only of operations that ONNX has, in the form that onnxruntime is fastest with. Machine code needs none of it. */
export function forOnnx(builder: Builder, outputs: Outputs): Outputs {
  const plain = rewrite(builder, outputs, standard);
  return rewrite(builder, rewrite(builder, plain, siblings, true), reductions);
}

/** What onnxruntime would find out by itself, in longer. */
export const forRuntime = (builder: Builder, outputs: Outputs) =>
  rewrite(builder, forOnnx(builder, outputs), fused);
