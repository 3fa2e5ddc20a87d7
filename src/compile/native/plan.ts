/**
 * @file From a traced graph to steps of machine code: which entrywise operations share a loop, where every tensor lies, and what
 * needs no step at all because it is a view.
 */
import { sizeOf } from '../../shapes.ts';
import { uniformValue } from '../builder.ts';
import { liveNodes, type Node, sameShape } from '../graph.ts';
import { concatenation, partsOf } from './concatenations.ts';
import { copyStep, padSteps } from './copies.ts';
import { entrywise } from './entrywise.ts';
import {
  combinations,
  type Entry,
  emitLoop,
  fits,
  isLoopable,
  type Loop,
  pressure,
  VALUES,
} from './fused-loops.ts';
import { productSteps } from './operators.ts';
import { imageColumns, inOrder, memoryOrders, newPlaceInOrder, type Order, orderOfLast } from './orders.ts'; // biome-ignore format: one import
import { collapsed, expanded, isContiguous, newBuffer, newPlace, type Place, reshaped, transposed, wholeBuffer } from './places.ts'; // biome-ignore format: one import
import { type Rows, sumsOfProducts } from './rows.ts';
import { spatialSteps } from './spatial.ts';
import type { Step } from './steps.ts';
import { Unsupported } from './unsupported.ts';
import { viewOf, views } from './views.ts';

export interface Plan {
  steps: Step[];
  inputs: Record<string, Place>;
  outputs: Record<string, Place>;
}

const others: ReadonlySet<string> = new Set(['Input', 'Constant', 'Concat', 'MatMul', 'Pad', 'Conv', 'ConvTranspose', 'ConvFilterGradient', 'AveragePool']); // biome-ignore format: a list
/** Operations that take less time than a tensor takes to memory and back. */
const cheap: ReadonlySet<string> = new Set(['Add', 'Sub', 'Mul', 'Neg']);
/** How many of them in a row are computed again. */
const AGAIN = 2;
/** More entries in one loop gain nothing. */
const MOST = 48;

/** @throws Unsupported */
export function plan(inputs: Record<string, Node>, outputs: Record<string, Node>): Plan {
  return new Planner(outputs).plan(inputs);
}

interface Group {
  key: string;
  shape: readonly number[];
  order: Order | undefined;
  nodes: Node[];
}

class Planner {
  readonly #outputs: Record<string, Node>;
  readonly #live: Node[];
  readonly #steps: Step[] = [];
  readonly #places = new Map<Node, Place>();
  /** Where a part of a concatenation is to be computed: in it. */
  readonly #destinations = new Map<Node, Place>();
  /** Copies in other orders. */
  readonly #copies = new Map<Place, Map<string, Place>>();
  /** In which order axes lie in memory, where they do not row by row. */
  readonly #orders: Map<Node, Order>;
  /** Loops that may take more operations, by their shape. */
  readonly #open = new Map<string, Group>();
  readonly #groupOf = new Map<Node, Group>();
  /** Products that only a sum uses, which computes them itself. */
  readonly #deferred = new Set<Node>();
  /** Uses of every node that were not by its own loop. */
  readonly #uses = new Map<Node, number>();
  readonly #constants = new Map<number, Place>();
  readonly #users = new Map<Node, Node[]>();
  /** What is not kept but computed again from one tensor of its size, by every loop that needs it: of how many operations. */
  readonly #again = new Map<Node, number>();
  readonly #decisions = new Map<string, boolean>();
  readonly #fixed = {
    constant: (value: number) => this.#constant(value),
    packed: (place: Place) => this.#packed(place),
    firstLast: (place: Place) => this.#firstLast(place),
    decided: (kind: string, decide: () => boolean) => {
      const known = this.#decisions.get(kind) ?? decide();
      this.#decisions.set(kind, known);
      return known;
    },
  };
  /** Products that are sums of products of these parts. */
  #rows = new Map<Node, Rows>();
  /** Concatenations that need not be made. */
  readonly #apart = new Set<Node>();

  constructor(outputs: Record<string, Node>) {
    this.#outputs = outputs;
    this.#live = liveNodes(Object.values(outputs));
    this.#orders = memoryOrders(this.#live, isEntrywise);
  }

  plan(inputs: Record<string, Node>): Plan {
    const strange = this.#live.find((node) => !isKnownNode(node));
    if (strange) throw new Unsupported(strange.op);
    const users = this.#users;
    for (const node of this.#live) {
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
    this.#rows = sumsOfProducts(this.#live, users, new Set(Object.values(this.#outputs)));
    for (const { sides } of this.#rows.values()) for (const side of sides) this.#apart.add(side);
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

  /** Gives every concatenation its buffer, and its parts their places in it where they are computed for it. */
  #placeConcatenations(users: ReadonlyMap<Node, readonly Node[]>): void {
    const outputs = new Set(Object.values(this.#outputs));
    for (const node of [...this.#live].reverse()) {
      if (node.op !== 'Concat' || this.#apart.has(node)) continue;
      const order = this.#orders.get(node);
      const place = this.#destinations.get(node) ?? (order ? newPlaceInOrder(node.shape, order) : concatenation(node)); // biome-ignore format: one thought
      this.#destinations.set(node, place);
      for (const { part, sub } of partsOf(node, place)) {
        if (this.#destinations.has(part) || outputs.has(part) || this.#deferred.has(part)) continue;
        const reshapedToo = users.get(part)!.some(({ op }) => op === 'Reshape') && !isContiguous(sub);
        const ofPart = this.#orders.get(part);
        const computed =
          (isEntrywise(part) && isStorable(inOrder(sub, ofPart))) ||
          (part.op === 'MatMul' && !ofPart && (sub.strides.at(-1) === 1 || part.shape.at(-1) === 1)) ||
          part.op === 'Concat';
        if (computed && !reshapedToo) this.#destinations.set(part, sub);
      }
    }
  }

  #visit(node: Node): void {
    const { op } = node;
    if (op === 'Input' || op === 'Constant' || op === 'Concat' || views.has(op)) return;
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
    if (this.#ofImages(node)) return;
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

  /** One matrix for images that lie beside each other. */
  #ofImages(node: Node): boolean {
    const [a, b] = node.inputs;
    if (a.shape.length !== 2 || b.shape.length !== 3 || this.#rows.has(node) || this.#destinations.has(node))
      return false;
    const columns = imageColumns(a.shape, this.#place(b));
    if (!columns) return false;
    const [n, m, p] = node.shape;
    const to = newPlace([m, p, n]);
    this.#steps.push(...productSteps(this.#place(a), columns, { ...to, shape: [m, p * n], strides: [p * n, 1] })); // biome-ignore format: one thought
    this.#places.set(node, transposed(to, [2, 0, 1]));
    return true;
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
      if (stored) return stored;
      if (!this.#again.has(node)) throw new Error(`a value of operation ${node.op} was not kept`);
    }
    if (this.#again.has(node)) {
      this.#loops([node], keyed(node, this.#orders.get(node)), new Set([node]));
      return this.#places.get(node)!;
    }
    const place = this.#view(node);
    this.#places.set(node, place);
    return place;
  }

  #view(node: Node): Place {
    const { shape } = node;
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
          this.#steps.push(copyStep(this.#orders.has(node) ? from : this.#loopable(from), sub));
      }
      return place;
    }
    const x = this.#place(node.inputs[0]);
    return viewOf(node, x) ?? reshaped(this.#packed(x), shape)!;
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
    return this.#copied(place, [...place.shape.keys()].map((axis) => (axis + 1) % place.shape.length)); // biome-ignore format: one thought
  }

  /** The same value without gaps and repetitions, its axes in this order. */
  #copied(place: Place, order?: Order): Place {
    const copies = this.#copies.get(place) ?? new Map<string, Place>();
    this.#copies.set(place, copies);
    const known = copies.get(String(order));
    if (known) return known;
    const to = newPlaceInOrder(place.shape, order);
    this.#steps.push(copyStep(place, to));
    copies.set(String(order), to);
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
    return this.#destinations.get(node) ?? newPlaceInOrder(node.shape, this.#orders.get(node));
  }

  // Loops

  #join(node: Node): void {
    const { key, order } = keyed(node, this.#orders.get(node));
    for (const input of node.inputs) {
      const group = this.#groupOf.get(input);
      if (group && !this.#places.has(input) && group.key !== key) this.#close(group);
      if (!this.#groupOf.has(input)) this.#prepare(input, node.shape, order);
    }
    let group = this.#open.get(key);
    if (group && group.nodes.length >= MOST) {
      this.#close(group);
      group = undefined;
    }
    if (!group) {
      group = keyed(node, order);
      this.#open.set(key, group);
    }
    for (const input of node.inputs)
      if (this.#groupOf.get(input) === group) this.#uses.set(input, this.#uses.get(input)! - 1);
    group.nodes.push(node);
    this.#groupOf.set(node, group);
  }

  /** Sees to it that a loop can load a node, or what it is computed again from. */
  #prepare(node: Node, shape: readonly number[], order: Order | undefined): void {
    const group = this.#groupOf.get(node);
    if (group) this.#close(group);
    if (this.#isAgain(node)) for (const input of node.inputs) this.#prepare(input, shape, order);
    else this.#operand(node, shape, order);
  }

  #isAgain(node: Node): boolean {
    return this.#again.has(node) && !this.#places.has(node);
  }

  /** What of a loop is better computed again than kept. */
  #findAgain(group: Group, kept: Set<Node>): void {
    const own = new Set(group.nodes);
    const outputs = new Set(Object.values(this.#outputs));
    for (const node of group.nodes) {
      if (!kept.has(node) || !cheap.has(node.op) || outputs.has(node) || this.#destinations.has(node))
        continue;
      const large = new Set(node.inputs.filter((input) => sizeOf(input.shape) === sizeOf(node.shape)));
      const depth = 1 + Math.max(...node.inputs.map((input) => this.#again.get(input) ?? 0));
      if (large.size > 1 || depth > AGAIN) continue;
      if (node.inputs.some((input) => own.has(input) && !kept.has(input) && !this.#again.has(input)))
        continue;
      const looped = (user: Node) =>
        user.op in combinations ||
        (isEntrywise(user) && keyed(user, this.#orders.get(user)).key === group.key);
      if (!this.#users.get(node)!.every(looped)) continue;
      this.#again.set(node, depth);
      kept.delete(node);
    }
  }

  /** The place of a node as an operand of a loop. */
  #operand(node: Node, shape: readonly number[], order: Order | undefined): Place {
    const place = this.#place(node);
    const ordered = inOrder(expanded(place, shape), order);
    if (isLoopable(ordered, ordered.shape)) return place;
    return this.#copied(place, orderOfLast(order, place.shape.length));
  }

  #close(group: Group): void {
    if (this.#open.get(group.key) === group) this.#open.delete(group.key);
    const kept = new Set(group.nodes.filter((node) => this.#uses.get(node)! > 0));
    this.#findAgain(group, kept);
    this.#loops(group.nodes, group, kept);
    for (const node of group.nodes) this.#groupOf.delete(node);
  }

  /** The values of a loop, which grow with what is asked for. */
  #entries(shape: readonly number[], order: Order | undefined) {
    const entries: Entry[] = [];
    const known = new Map<Node | Place, number>();
    const compute = (node: Node): number => {
      const inputs = node.inputs.map(entryOf);
      const entry = entries.push({ op: node.op, inputs }) - 1;
      known.set(node, entry);
      return entry;
    };
    const entryOf = (input: Node): number => {
      const computed = known.get(input);
      if (computed !== undefined) return computed;
      if (this.#isAgain(input)) return compute(input);
      const place = this.#operand(input, shape, order);
      let entry = known.get(place);
      if (entry === undefined) {
        entry = entries.push({ load: inOrder(expanded(place, shape), order) }) - 1;
        known.set(place, entry);
      }
      return entry;
    };
    return { entries, known, entryOf, compute };
  }

  /** One loop for the nodes, or several where one has not enough registers. */
  #loops(nodes: readonly Node[], group: Group, kept: ReadonlySet<Node>): void {
    const { shape, order } = group;
    const { entries, known, compute } = this.#entries(shape, order);
    for (const node of nodes) compute(node);
    const stored = nodes.filter((node) => kept.has(node)).map((node) => ({ node, place: this.#destination(node) })); // biome-ignore format: one thought
    const stores = stored.map(({ node, place }) => ({ entry: known.get(node)!, place: inOrder(place, order) })); // biome-ignore format: one thought
    const loop = { shape: order?.map((axis) => shape[axis]) ?? shape, entries, stores };
    if (nodes.length > 1 && (pressure(loop) > VALUES || !fits(loop))) {
      const half = Math.ceil(nodes.length / 2);
      const [first, second] = [nodes.slice(0, half), nodes.slice(half)];
      const crossing = new Set(second.flatMap(({ inputs }) => inputs));
      this.#loops(first, group, new Set(first.filter((node) => kept.has(node) || crossing.has(node))));
      this.#loops(second, group, kept);
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
    const order = this.#orders.get(x);
    for (const source of deferred ? x.inputs : [x]) this.#prepare(source, x.shape, order);
    const { entries, entryOf, compute } = this.#entries(x.shape, order);
    const summand = deferred ? compute(x) : entryOf(x);
    const to = this.#destination(node);
    const strides = [...to.strides];
    const spread = x.shape.map((_, i) => (summed.includes(i) ? 0 : strides.shift()!));
    const stores = [{ entry: summand, place: inOrder({ ...to, shape: x.shape, strides: spread }, order) }]; // biome-ignore format: one thought
    const how = combinations[node.op as keyof typeof combinations];
    const shape = order?.map((axis) => x.shape[axis]) ?? x.shape;
    this.#loop({ shape, entries, stores, summed: order ? summed.map((axis) => order.indexOf(axis)) : summed, how }); // biome-ignore format: one thought
    this.#places.set(node, to);
  }

  #pad(node: Node): void {
    const order = this.#orders.get(node);
    const x = this.#operand(node.inputs[0], node.inputs[0].shape, order);
    const to = this.#destination(node);
    const starts = (node.attributes.pads as number[]).slice(0, node.shape.length);
    this.#steps.push(...padSteps(x, to, starts, this.#constant(node.attributes.value as number)));
    this.#places.set(node, to);
  }
}

/** Whether there is machine code for all operations, but perhaps not for all their kinds. */
export const isKnown = (outputs: readonly Node[]) => liveNodes(outputs).every(isKnownNode);

/** There is none for integers and tensors without entries. */
const isKnownNode = (node: Node) =>
  (node.op in entrywise || node.op in combinations || views.has(node.op) || others.has(node.op)) &&
  node.dtype !== 'int32' &&
  sizeOf(node.shape) > 0;

const keyed = (node: Node, order: Order | undefined): Group => ({
  key: `${node.shape}|${order}`,
  shape: node.shape,
  order,
  nodes: [],
});

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

const sameView = (a: Place, b: Place) =>
  a.buffer === b.buffer && a.offset === b.offset && sameShape(a.strides, b.strides);
