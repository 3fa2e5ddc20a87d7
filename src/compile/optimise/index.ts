/** @file Rewriting of a traced graph as a whole, after which it does the same with less work. */
import type { Builder } from '../builder.ts';
import { liveNodes } from '../graph.ts';
import { fault, isStrict } from '../notices.ts';
import { checkGraph } from '../specification.ts';
import { accurate } from './accurate.ts';
import { batches } from './batches.ts';
import { dots } from './dots.ts';
import { fused } from './fused.ts';
import { leading } from './leading.ts';
import { reductions } from './reductions.ts';
import { type Outputs, type Rewriting, type Rule, rewrite } from './rewrite.ts';
import { siblings } from './siblings.ts';
import { elementary, standard } from './standard.ts';
import { sums } from './sums.ts';

export function optimise(builder: Builder, outputs: Outputs): Outputs {
  // Tensors of images have an order of axes in memory, which this would hide.
  const images = liveNodes(Object.values(outputs)).some(({ op }) => op === 'Conv' || op === 'ConvTranspose');
  let graph = images ? outputs : improved(builder, outputs, leading);
  // Sums come after what looks for single products, and twice: the first time frees factors of what others use too. Of images they save
  // one step in a hundred and no time, and take a quarter of the time of compiling.
  for (const pass of images ? [dots, batches] : [dots, batches, sums, sums])
    graph = improved(builder, graph, pass);
  return graph;
}

/** Only of operations that ONNX has, in the form that onnxruntime is fastest with. Machine code needs none of it. */
export const forOnnx = (builder: Builder, outputs: Outputs): Outputs =>
  forOnnxFrom(builder, rewritten(builder, rewritten(builder, outputs, standard), elementary));

const forOnnxFrom = (builder: Builder, plain: Outputs): Outputs =>
  improved(builder, improved(builder, plain, siblings, true), reductions);

/**
 * With what onnxruntime would find out by itself, in longer, and in forms in which it is accurate. Functions that ONNX lacks are left to be
 * written in float64.
 */
export const forRuntime = (builder: Builder, outputs: Outputs): Outputs => {
  const plain = forOnnxFrom(builder, rewritten(builder, outputs, standard));
  return rewritten(builder, improved(builder, plain, fused), accurate);
};

type Pass = (graph: Rewriting) => Rule;

/** The graph after the pass; in strict mode checked against its specification. */
function rewritten(builder: Builder, outputs: Outputs, pass: Pass, byLevel = false): Outputs {
  const results = rewrite(builder, outputs, pass, byLevel);
  if (isStrict()) checkGraph(builder.graph, results, `after "${pass.name}"`, outputs);
  return results;
}

/** What only saves work is left out where it fails. */
function improved(builder: Builder, outputs: Outputs, pass: Pass, byLevel = false): Outputs {
  try {
    return rewritten(builder, outputs, pass, byLevel);
  } catch (error) {
    fault(`a simplification of the compiler ("${pass.name}") failed and was left out`, error);
    return outputs;
  }
}
