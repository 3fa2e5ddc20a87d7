/**
 * @file From a traced graph to steps of machine code: which entrywise operations share a loop, where every tensor lies, and what
 * needs no step at all because it is a view.
 */
import { sizeOf } from '../../shapes.ts';
import { uniformValue } from '../builder.ts';
import { liveNodes, type Node, sameShape } from '../graph.ts';
import { swapsLast } from '../optimise/products.ts';
import { copyStep } from './copies.ts';
import { entrywise } from './entrywise.ts';
import {
  combinations,
  type Entry,
  emitLoop,
  fits,
  isLoopable,
  type Loop,
  pressure,
  REGISTERS,
} from './fused-loops.ts';
import { productSteps } from './operators.ts';
import { type Buffer, collapsed, expanded, isContiguous, newBuffer, newPlace, type Place, reshaped, sliced, transposed, wholeBuffer } from './places.ts'; // biome-ignore format: one import
import { spatialSteps } from './spatial.ts';
import type { Step } from './steps.ts';
import { Unsupported } from './unsupported.ts';

export interface Plan {
  steps: Step[];
  inputs: Record<string, Place>;
  outputs: Record<string, Place>;
}

const views: ReadonlySet<string> = new Set(['Reshape', 'Transpose', 'Expand', 'Slice', 'Concat', 'Cast']);
/** Rows that are enough for a product of their own. */
const FEW_ROWS = 16;
/** More entries in one loop gain nothing. */
const MOST = 48;

/** @throws Unsupported */
export function plan(inputs: Record<string, Node>, outputs: Record<string, Node>): Plan {
  return new Planner(outputs).plan(inputs);
}

interface Group {
  shape: readonly number[];
  nodes: Node[];
}

class Planner {
  readonly #outputs: Record<string, Node>;
  readonly #live: Node[];
  readonly #steps: Step[] = [];
  readonly #places = new Map<Node, Place>();
  /** Where a part of a concatenation is to be computed: in it. */
  readonly #destinations = new Map<Node, Place>();
  readonly #contiguous = new Map<Place, Place>();
  /** Loops that may take more operations, by their shape. */
  readonly #open = new Map<string, Group>();
  readonly #groupOf = new Map<Node, Group>();
  /** Products that only a sum uses, which computes them itself. */
  readonly #deferred = new Set<Node>();
  /** Uses of every node that were not by its own loop. */
  readonly #uses = new Map<Node, number>();
  readonly #constants = new Map<number, Place>();
  readonly #firstLastOf = new Map<Place, Place>();
  readonly #fixed = {
    constant: (value: number) => this.#constant(value),
    packed: (place: Place) => this.#packed(place),
    firstLast: (place: Place) => this.#firstLast(place),
  };
  /** Products that are sums of products of these parts. */
  readonly #rows = new Map<Node, { left: readonly Node[]; right: readonly Node[] }>();
  /** Concatenations that need not be made. */
  readonly #apart = new Set<Node>();

  constructor(outputs: Record<string, Node>) {
    this.#outputs = outputs;
    this.#live = liveNodes(Object.values(outputs));
  }

  plan(inputs: Record<string, Node>): Plan {
    const users = new Map<Node, Node[]>();
    for (const node of this.#live) {
      if (node.dtype === 'int32') throw new Unsupported('integers');
      if (sizeOf(node.shape) === 0) throw new Unsupported('tensors without entries');
      for (const input of node.inputs) {
        const list = users.get(input);
        if (list) list.push(node);
        else users.set(input, [node]);
      }
    }
    for (const [node, list] of users) this.#uses.set(node, list.length);
    for (const node of Object.values(this.#outputs)) this.#uses.set(node, (this.#uses.get(node) ?? 0) + 1);
    for (const [node, list] of users)
      if (isEntrywise(node) && this.#uses.get(node) === 1 && list[0].op in combinations)
        this.#deferred.add(node);
    for (const node of this.#live) this.#findRows(node);
    this.#placeConcatenations(users);
    for (const node of Object.values(inputs)) if (!this.#places.has(node)) this.#places.set(node, newPlace(node.shape)); // biome-ignore format: one thought
    for (const node of this.#live) this.#visit(node);
    const placed: Record<string, Place> = {};
    for (const [name, node] of Object.entries(this.#outputs)) placed[name] = this.#packed(this.#place(node));
    for (const group of [...this.#open.values()]) this.#close(group);
    return {
      steps: this.#steps,
      inputs: Object.fromEntries(
        Object.entries(inputs).map(([name, node]) => [name, this.#places.get(node)!]),
      ),
      outputs: placed,
    };
  }

  /** Sums of products that were made one by laying their rows one below the other are computed one after the other. */
  #findRows(node: Node): void {
    if (node.op !== 'MatMul') return;
    const [a, right] = node.inputs;
    const left = a.op === 'Transpose' && swapsLast(a.attributes.perm as number[]) ? a.inputs[0] : undefined;
    const [first, second] = [left, right].map((side) => {
      const rows = side?.op === 'Concat' && side.attributes.axis === side.shape.length - 2;
      return rows && this.#uses.get(side) === 1 ? side.inputs : [];
    });
    const length = (part: Node) => part.shape.at(-2)!;
    const alike = first.every((part, i) => second[i] && length(part) === length(second[i]) && length(part) >= FEW_ROWS); // biome-ignore format: one thought
    if (first.length < 2 || first.length !== second.length || !alike || this.#uses.get(a) !== 1) return;
    this.#rows.set(node, { left: first, right: second });
    for (const side of [left!, right]) this.#apart.add(side);
  }

  /** Gives every concatenation its buffer, and its parts their places in it where they are computed for it. */
  #placeConcatenations(users: ReadonlyMap<Node, readonly Node[]>): void {
    const outputs = new Set(Object.values(this.#outputs));
    for (const node of [...this.#live].reverse()) {
      if (node.op !== 'Concat' || this.#apart.has(node)) continue;
      const place = this.#destinations.get(node) ?? concatenation(node);
      this.#destinations.set(node, place);
      for (const { part, sub } of partsOf(node, place)) {
        if (this.#destinations.has(part) || outputs.has(part) || this.#deferred.has(part)) continue;
        const reshapedToo = users.get(part)!.some(({ op }) => op === 'Reshape') && !isContiguous(sub);
        const computed =
          (isEntrywise(part) && isStorable(sub)) ||
          (part.op === 'MatMul' && (sub.strides.at(-1) === 1 || part.shape.at(-1) === 1)) ||
          part.op === 'Concat';
        if (computed && !reshapedToo) this.#destinations.set(part, sub);
      }
    }
  }

  #visit(node: Node): void {
    const { op } = node;
    if (op === 'Input' || op === 'Constant' || views.has(op)) return;
    if (isEntrywise(node)) {
      if (!this.#deferred.has(node)) this.#join(node);
      return;
    }
    switch (op) {
      case 'MatMul':
        this.#product(node);
        return;
      case 'ReduceSum':
      case 'ReduceMax':
      case 'ReduceMin':
        this.#sum(node);
        return;
      case 'Pad':
        this.#pad(node);
        return;
      case 'Conv':
      case 'ConvTranspose':
      case 'ConvFilterGradient':
      case 'AveragePool': {
        const lowered = spatialSteps(node, node.inputs.map((input) => this.#place(input)), this.#fixed); // biome-ignore format: one thought
        if (!lowered) throw new Unsupported(`${op} of this kind`);
        this.#steps.push(...lowered.steps);
        this.#places.set(node, lowered.place);
        return;
      }
      default:
        throw new Unsupported(op);
    }
  }

  #product(node: Node): void {
    const to = this.#destination(node);
    const rows = this.#rows.get(node);
    if (rows) {
      for (const [i, part] of rows.left.entries()) {
        const left = this.#place(part);
        const b = this.#place(rows.right[i]);
        const right = isRows(b) || isColumns(b) ? b : this.#copied(b);
        const axes = part.shape.map((_, axis) => axis);
        const swapped = [...axes.slice(0, -2), axes.length - 1, axes.length - 2];
        this.#steps.push(...productSteps(transposed(left, swapped), right, to, i > 0));
      }
    } else {
      const [a, b] = node.inputs.map((input) => this.#place(input));
      const reused = (this.#uses.get(node.inputs[1]) ?? 1) > 1;
      const right = isRows(b) || (!reused && isColumns(b)) ? b : this.#copied(b);
      this.#steps.push(...productSteps(a, right, to));
    }
    this.#places.set(node, to);
  }

  // Views

  /** Where a node's value lies, once the steps so far have run. */
  #place(node: Node): Place {
    const known = this.#places.get(node);
    if (known) return known;
    const group = this.#groupOf.get(node);
    if (group) {
      this.#close(group);
      const stored = this.#places.get(node);
      if (!stored) throw new Error(`a value of operation ${node.op} was not kept`);
      return stored;
    }
    const place = this.#view(node);
    this.#places.set(node, place);
    return place;
  }

  #view(node: Node): Place {
    const { attributes: a, shape } = node;
    if (node.op === 'Constant') {
      const value = uniformValue(node);
      if (value !== undefined) return expanded(this.#constant(value), shape);
      return wholeBuffer(newBuffer(sizeOf(shape), node.values), shape);
    }
    if (node.op === 'Concat') {
      const place = this.#destinations.get(node)!;
      for (const { part, sub } of partsOf(node, place)) {
        const from = this.#place(part);
        if (from !== this.#destinations.get(part) || !sameView(from, sub))
          this.#steps.push(copyStep(this.#loopable(from), sub));
      }
      return place;
    }
    const x = this.#place(node.inputs[0]);
    switch (node.op) {
      case 'Reshape':
        return reshaped(x, shape) ?? reshaped(this.#packed(x), shape)!;
      case 'Transpose':
        return transposed(x, a.perm as number[]);
      case 'Expand':
        return expanded(x, shape);
      case 'Cast':
        return x;
      case 'Slice': {
        const [starts, steps] = [shape.map(() => 0), shape.map(() => 1)];
        for (const [k, axis] of (a.axes as number[]).entries()) {
          starts[axis] = (a.starts as number[])[k];
          steps[axis] = (a.steps as number[])[k];
        }
        return sliced(x, shape, starts, steps);
      }
      default:
        throw new Unsupported(node.op);
    }
  }

  /** The same value without gaps and repetitions. */
  #packed(place: Place): Place {
    return isContiguous(place) ? place : this.#copied(place);
  }

  /** The same value with its last numbers beside each other, or all the same. */
  #loopable(place: Place): Place {
    return isLoopable(place, place.shape) ? place : this.#copied(place);
  }

  /** The same value with its first axis contiguous. */
  #firstLast(place: Place): Place {
    if (place.strides[0] === 1) return place;
    const known = this.#firstLastOf.get(place);
    if (known) return known;
    const [first, ...rest] = place.shape;
    const to = transposed(newPlace([...rest, first]), [rest.length, ...rest.keys()]);
    this.#steps.push(copyStep(place, to));
    this.#firstLastOf.set(place, to);
    return to;
  }

  #copied(place: Place): Place {
    const known = this.#contiguous.get(place);
    if (known) return known;
    const to = newPlace(place.shape);
    this.#steps.push(copyStep(place, to));
    this.#contiguous.set(place, to);
    return to;
  }

  #constant(value: number): Place {
    const known = this.#constants.get(value);
    if (known) return known;
    const place = wholeBuffer(newBuffer(1, [value]), []);
    this.#constants.set(value, place);
    return place;
  }

  #destination(node: Node): Place {
    return this.#destinations.get(node) ?? newPlace(node.shape);
  }

  // Loops

  #join(node: Node): void {
    const key = node.shape.join();
    for (const input of node.inputs) {
      const group = this.#groupOf.get(input);
      if (group && !this.#places.has(input) && group.shape.join() !== key) this.#close(group);
      if (!this.#groupOf.has(input)) this.#operand(input, node.shape);
    }
    let group = this.#open.get(key);
    if (group && group.nodes.length >= MOST) {
      this.#close(group);
      group = undefined;
    }
    if (!group) {
      group = { shape: node.shape, nodes: [] };
      this.#open.set(key, group);
    }
    for (const input of node.inputs)
      if (this.#groupOf.get(input) === group) this.#uses.set(input, this.#uses.get(input)! - 1);
    group.nodes.push(node);
    this.#groupOf.set(node, group);
  }

  /** The place of a node as an operand of a loop. */
  #operand(node: Node, shape: readonly number[]): Place {
    const place = this.#place(node);
    if (isLoopable(expanded(place, shape), shape)) return place;
    return this.#copied(place);
  }

  #close(group: Group): void {
    const key = group.shape.join();
    if (this.#open.get(key) === group) this.#open.delete(key);
    const kept = new Set(group.nodes.filter((node) => this.#uses.get(node)! > 0));
    this.#loops(group.nodes, group.shape, kept);
    for (const node of group.nodes) this.#groupOf.delete(node);
  }

  /** One loop for the nodes, or several where one has not enough registers. */
  #loops(nodes: readonly Node[], shape: readonly number[], kept: ReadonlySet<Node>): void {
    const entries: Entry[] = [];
    const known = new Map<Node | Place, number>();
    const own = new Set(nodes);
    const entryOf = (input: Node): number => {
      const key = own.has(input) ? input : this.#operand(input, shape);
      let entry = known.get(key);
      if (entry === undefined) {
        entry = entries.push({ load: expanded(key as Place, shape) }) - 1;
        known.set(key, entry);
      }
      return entry;
    };
    for (const node of nodes) {
      const inputs = node.inputs.map(entryOf);
      known.set(node, entries.push({ op: node.op, inputs }) - 1);
    }
    const stored = nodes.filter((node) => kept.has(node)).map((node) => ({ node, place: this.#destination(node) })); // biome-ignore format: one thought
    const stores = stored.map(({ node, place }) => ({ entry: known.get(node)!, place }));
    const loop = { shape, entries, stores };
    if (nodes.length > 1 && (pressure(loop) > REGISTERS || !fits(loop))) {
      const half = Math.ceil(nodes.length / 2);
      const [first, second] = [nodes.slice(0, half), nodes.slice(half)];
      const crossing = new Set(second.flatMap(({ inputs }) => inputs));
      this.#loops(first, shape, new Set(first.filter((node) => kept.has(node) || crossing.has(node))));
      this.#loops(second, shape, kept);
      return;
    }
    for (const { node, place } of stored) this.#places.set(node, place);
    if (stores.length > 0) this.#loop(loop);
  }

  #loop(loop: Loop): void {
    this.#steps.push({
      name: `${loop.summed ? 'sum' : 'loop'} ${loop.shape.join('x')}`,
      reads: loop.entries.flatMap((entry) => ('load' in entry ? [entry.load.buffer] : [])),
      writes: loop.stores.map(({ place }) => place.buffer),
      emit: ({ assembler, constants }) => emitLoop(assembler, loop, constants),
    });
  }

  #sum(node: Node): void {
    const [x] = node.inputs;
    const summed = node.attributes.axes as readonly number[];
    const deferred = this.#deferred.has(x);
    const sources = deferred ? x.inputs : [x];
    const places = [...new Set(sources)].map((source) => this.#operand(source, x.shape));
    const entries: Entry[] = places.map((place) => ({ load: expanded(place, x.shape) }));
    const distinct = [...new Set(sources)];
    if (deferred) entries.push({ op: x.op, inputs: sources.map((source) => distinct.indexOf(source)) });
    const to = this.#destination(node);
    const strides = [...to.strides];
    const spread = x.shape.map((_, i) => (summed.includes(i) ? 0 : strides.shift()!));
    const stores = [{ entry: entries.length - 1, place: { ...to, shape: x.shape, strides: spread } }];
    const how = combinations[node.op as keyof typeof combinations];
    this.#loop({ shape: x.shape, entries, stores, summed, how });
    this.#places.set(node, to);
  }

  #pad(node: Node): void {
    const x = this.#loopable(this.#place(node.inputs[0]));
    const to = this.#destination(node);
    const starts = (node.attributes.pads as number[]).slice(0, node.shape.length);
    this.#steps.push(copyStep(expanded(this.#constant(node.attributes.value as number), node.shape), to));
    this.#steps.push(copyStep(x, sliced(to, x.shape, starts, x.shape.map(() => 1)))); // biome-ignore format: one thought
    this.#places.set(node, to);
  }
}

const isEntrywise = (node: Node) => node.op in entrywise && node.op !== 'Cast';

/** Whether a loop can store to the place vector by vector. */
function isStorable({ shape, strides }: Place): boolean {
  const last = collapsed(shape, [strides]).at(-1);
  return !last || last.strides[0] === 1;
}

/** Whether the numbers of every row of a matrix lie beside each other. */
const isRows = ({ shape, strides }: Place) => shape.at(-1) === 1 || strides.at(-1) === 1;
/** Whether those of every column do. */
const isColumns = ({ shape, strides }: Place) => shape.at(-2) === 1 || strides.at(-2) === 1;

function partsOf(node: Node, place: Place): { part: Node; sub: Place }[] {
  const axis = node.attributes.axis as number;
  let from = 0;
  return node.inputs.map((part) => {
    const starts = node.shape.map((_, i) => (i === axis ? from : 0));
    from += part.shape[axis];
    const sub = sliced(place, part.shape, starts, node.shape.map(() => 1)); // biome-ignore format: one thought
    return { part, sub };
  });
}

/** Parts of one entry each lie one after the other, whatever their axis. */
function concatenation(node: Node): Place {
  const axis = node.attributes.axis as number;
  if (node.inputs.some(({ shape }) => shape[axis] !== 1)) return newPlace(node.shape);
  const order = [axis, ...node.shape.map((_, i) => i).filter((i) => i !== axis)];
  const place = newPlace(order.map((i) => node.shape[i]));
  return transposed(place, node.shape.map((_, i) => order.indexOf(i))); // biome-ignore format: one thought
}

const sameView = (a: Place, b: Place) =>
  a.buffer === b.buffer && a.offset === b.offset && sameShape(a.strides, b.strides);

export type { Buffer };
