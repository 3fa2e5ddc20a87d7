/** @file A graph in the form of ONNX, or in the one that onnxruntime computes fast and accurately. */
import type { Builder } from '../graph/builder.ts';
import { improved, rewritten } from '../optimise/passes.ts';
import type { Outputs } from '../optimise/rewrite.ts';
import { accurate } from './accurate.ts';
import { fused } from './fused.ts';
import { reductions } from './reductions.ts';
import { siblings } from './siblings.ts';
import { elementary, standard } from './standard.ts';

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
