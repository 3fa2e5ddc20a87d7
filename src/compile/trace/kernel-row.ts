/** @file What a row of the tables of kernels is: a kernel of tfjs in primitives of the graph. */
import type { Builder } from '../graph/builder.ts';
import type { Node } from '../graph/graph.ts';

// biome-ignore lint/suspicious/noExplicitAny: every kernel has attributes of its own
export type Attributes = any;

/** Inputs by tfjs's names for them (lists of inputs are numbered), and tfjs's attributes. */
export type KernelRow = (builder: Builder, inputs: Record<string, Node>, attrs: Attributes) => Node | Node[];
