/** @file Passes over a graph: one after the other, each checked in strict mode, and left out where it fails if it only saves work. */
import type { Builder } from '../graph/builder.ts';
import { checkGraph } from '../graph/specification.ts';
import { fault, isStrict } from '../program/notices.ts';
import { type Outputs, type Rewriting, type Rule, rewrite } from './rewrite.ts';

/** What a pass does with every node, from the whole graph. */
export type Pass = (graph: Rewriting) => Rule;

/** The graph after the pass; in strict mode checked against its specification. */
export function rewritten(builder: Builder, outputs: Outputs, pass: Pass, byLevel = false): Outputs {
  const results = rewrite(builder, outputs, pass, byLevel);
  if (isStrict()) checkGraph(builder.graph, results, `after "${pass.name}"`, outputs);
  return results;
}

/** What only saves work is left out where it fails. */
export function improved(builder: Builder, outputs: Outputs, pass: Pass, byLevel = false): Outputs {
  try {
    return rewritten(builder, outputs, pass, byLevel);
  } catch (error) {
    fault(`a simplification of the compiler ("${pass.name}") failed and was left out`, error);
    return outputs;
  }
}
