/** @file Rewriting of a traced graph as a whole, after which it does the same with less work. */
import type { Builder } from '../graph/builder.ts';
import { liveNodes } from '../graph/graph.ts';
import { batches } from './batches.ts';
import { dots } from './dots.ts';
import { factors } from './factors.ts';
import { leading } from './leading.ts';
import { improved } from './passes.ts';
import type { Outputs } from './rewrite.ts';
import { sums } from './sums.ts';
import { uniform } from './uniform.ts';

export function optimise(builder: Builder, outputs: Outputs): Outputs {
  // Tensors of images have an order of axes in memory, which this would hide.
  const images = liveNodes(Object.values(outputs)).some(({ op }) => op === 'Conv' || op === 'ConvTranspose');
  let graph = images ? outputs : improved(builder, outputs, leading);
  // Sums come after what looks for single products, and twice: the first time frees factors of what others use too. Of images they save
  // one step in a hundred and no time, and take a quarter of the time of compiling.
  for (const pass of images ? [dots, batches] : [uniform, factors, dots, batches, sums, sums])
    graph = improved(builder, graph, pass);
  return graph;
}
