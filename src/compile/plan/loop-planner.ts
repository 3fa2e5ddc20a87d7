/**
 * @file Which entrywise operations share a loop, and which of their values are kept.
 *
 * Operations of one shape join an open loop, until what they compute is needed elsewhere: it closes then. Some of it is not kept but
 * computed again by every loop that needs it (again.ts).
 */
import { entrywise } from '../emit/entrywise/entrywise.ts';
import { combinations, type Entry, emitLoop, fits, isLoopable, type Loop, pressure, valueRegisters } from '../emit/entrywise/fused-loops.ts'; // biome-ignore format: one import
import type { Step } from '../emit/steps/step.ts';
import type { Node } from '../graph/graph.ts';
import { NodeMap, type ReadonlyNodeMap } from '../graph/node-map.ts';
import { inOrder, type Order, orderOfLast } from '../layout/orders.ts';
import { type Buffer, expanded, newPlace, type Place } from '../layout/places.ts';
import { ComputedAgain } from './again.ts';

/** More entries in one loop gain nothing. */
const MOST = 48;

export const isEntrywise = (node: Node) => node.op in entrywise && node.op !== 'Cast';

/** What the loops need of the plan, and add to. */
export interface Surroundings {
  readonly steps: Step[];
  /** Where values lie that are known. */
  readonly places: NodeMap<Place>;
  /** Where parts of concatenations are to be computed. */
  readonly destinations: ReadonlyNodeMap<Place>;
  readonly orders: ReadonlyNodeMap<Order>;
  readonly users: ReadonlyNodeMap<readonly Node[]>;
  /** Uses of every node that were not by its own loop. */
  readonly uses: NodeMap<number>;
  /** Products that only a sum uses, which computes them itself. */
  readonly deferred: ReadonlySet<Node>;
  /** What is fetched in the end. */
  readonly results: ReadonlySet<Node>;
  /** Where a node's value lies, once the steps so far have run. */
  place(node: Node): Place;
  copied(place: Place, order: Order | undefined): Place;
  /** Where a node is to be computed. */
  destination(node: Node): Place;
}

/** What a loop runs through: a shape, and in which order its axes lie in memory. */
interface Space {
  shape: readonly number[];
  order: Order | undefined;
}

interface Group extends Space {
  key: string;
  nodes: Node[];
}

/** The values of a loop, which grow with what is asked for. */
interface Values extends Space {
  entries: Entry[];
  known: Map<Node | Place, number>;
}

export class LoopPlanner {
  readonly #plan: Surroundings;
  /** Loops that may take more operations, by their space. */
  readonly #open = new Map<string, Group>();
  readonly #groupOf = new NodeMap<Group>();
  /** Spaces of operations in words: those that may share a loop have the same. */
  readonly #keys = new NodeMap<string>();
  readonly #again: ComputedAgain;

  constructor(plan: Surroundings) {
    this.#plan = plan;
    const { destinations, results, users } = plan;
    this.#again = new ComputedAgain(users, (node) => results.has(node) || destinations.has(node));
  }

  /** An entrywise operation becomes part of a loop. */
  join(node: Node): void {
    const { shape } = node;
    const order = this.#plan.orders.get(node);
    const key = this.#keyOf(node);
    for (const input of node.inputs) {
      const group = this.#groupOf.get(input);
      if (group && !this.#plan.places.has(input) && group.key !== key) this.#close(group);
      if (!this.#groupOf.has(input)) this.#prepare(input, shape, order);
    }
    let group = this.#open.get(key);
    if (group && group.nodes.length >= MOST) {
      this.#close(group);
      group = undefined;
    }
    if (!group) {
      group = { key, shape, order, nodes: [] };
      this.#open.set(key, group);
    }
    const { uses } = this.#plan;
    for (const input of node.inputs)
      if (this.#groupOf.get(input) === group) uses.set(input, uses.get(input)! - 1);
    group.nodes.push(node);
    this.#groupOf.set(node, group);
  }

  /** Where the value of an operation that has joined lies; undefined for what has not. */
  place(node: Node): Place | undefined {
    const { places, orders } = this.#plan;
    const group = this.#groupOf.get(node);
    if (group) {
      this.#close(group);
      if (!places.has(node) && !this.#again.has(node))
        throw new Error(`a value of operation ${node.op} was not kept`);
    }
    if (this.#isAgain(node))
      this.#write([node], { shape: node.shape, order: orders.get(node) }, new Set([node]));
    return places.get(node);
  }

  /** A loop that sums along axes, or combines otherwise; it computes what it sums itself if that is deferred. */
  sum(node: Node): void {
    const { deferred, orders, places } = this.#plan;
    const [x] = node.inputs;
    const summed = node.attributes.axes as readonly number[];
    const order = orders.get(x);
    for (const source of deferred.has(x) ? x.inputs : [x]) this.#prepare(source, x.shape, order);
    const computed = () => {
      const values: Values = { shape: x.shape, order, entries: [], known: new Map() };
      const entry = deferred.has(x) ? this.#compute(x, values) : this.#entryOf(x, values);
      return { values, entry };
    };
    let { values, entry } = computed();
    if (pressureOf(values, [entry]) > valueRegisters(true)) {
      this.#keep(deferred.has(x) ? x.inputs : [x]);
      ({ values, entry } = computed());
    }
    const to = this.#plan.destination(node);
    let kept = 0;
    const spread = x.shape.map((_, i) => (summed.includes(i) ? 0 : to.strides[kept++]));
    this.#step({
      shape: shapeInMemory(values),
      entries: values.entries,
      stores: [{ entry, place: inOrder({ ...to, shape: x.shape, strides: spread }, order) }],
      summed: order ? summed.map((axis) => order.indexOf(axis)) : summed,
      how: combinations[node.op as keyof typeof combinations],
    });
    places.set(node, to);
  }

  /** The place of a node as an operand of a loop. */
  operand(node: Node, shape: readonly number[], order: Order | undefined): Place {
    const place = this.#plan.place(node);
    const last = order ? order[order.length - 1] : shape.length - 1;
    // Of a long last axis only its stride counts.
    const isFit = shape[last] > 1 ? isOneOrNone(strideAlong(place, shape, last)) : this.#isLoopable(place, shape, order); // biome-ignore format: one thought
    if (isFit) return place;
    return this.#plan.copied(place, orderOfLast(order, place.shape.length));
  }

  #isLoopable(place: Place, shape: readonly number[], order: Order | undefined): boolean {
    const ordered = inOrder(expanded(place, shape), order);
    return isLoopable(ordered, ordered.shape);
  }

  /** Nothing joins any more. */
  finish(): void {
    for (const group of [...this.#open.values()]) this.#close(group);
  }

  /** Sees to it that a loop can load a node, or what it is computed again from. */
  #prepare(node: Node, shape: readonly number[], order: Order | undefined): void {
    const group = this.#groupOf.get(node);
    if (group) this.#close(group);
    if (this.#isAgain(node)) for (const input of node.inputs) this.#prepare(input, shape, order);
    else this.operand(node, shape, order);
  }

  #close(group: Group): void {
    if (this.#open.get(group.key) === group) this.#open.delete(group.key);
    const kept = new Set(group.nodes.filter((node) => this.#plan.uses.get(node)! > 0));
    this.#again.take(group.nodes, kept, (user) => isEntrywise(user) && this.#keyOf(user) === group.key);
    this.#write(group.nodes, group, kept);
    for (const node of group.nodes) this.#groupOf.delete(node);
  }

  #keyOf(node: Node): string {
    const known = this.#keys.get(node);
    if (known !== undefined) return known;
    const key = `${node.shape}|${this.#plan.orders.get(node)}`;
    this.#keys.set(node, key);
    return key;
  }

  #isAgain(node: Node): boolean {
    return this.#again.has(node) && !this.#plan.places.has(node);
  }

  /** One loop for the nodes, or several where one has not enough registers. */
  #write(nodes: readonly Node[], { shape, order }: Space, kept: ReadonlySet<Node>): void {
    const values: Values = { shape, order, entries: [], known: new Map() };
    for (const node of nodes) this.#compute(node, values);
    const stored = nodes.filter((node) => kept.has(node)).map((node) => ({ node, place: this.#plan.destination(node) })); // biome-ignore format: one thought
    const stores = stored.map(({ node, place }) => ({ entry: values.known.get(node)!, place: inOrder(place, order) })); // biome-ignore format: one thought
    const loop = { shape: shapeInMemory(values), ...needed(values.entries, stores) };
    if (nodes.length > 1 && (pressure(loop) > valueRegisters() || !fits(loop))) {
      const half = Math.ceil(nodes.length / 2);
      const [first, second] = [nodes.slice(0, half), nodes.slice(half)];
      const crossing = new Set(second.flatMap(({ inputs }) => inputs));
      const keptOfFirst = new Set(first.filter((node) => kept.has(node) || crossing.has(node)));
      this.#write(first, values, keptOfFirst);
      this.#write(second, values, kept);
      return;
    }
    if (nodes.length === 1 && pressure(loop) > valueRegisters() && this.#keep(nodes[0].inputs)) {
      this.#write(nodes, { shape, order }, kept);
      return;
    }
    for (const { node, place } of stored) this.#plan.places.set(node, place);
    if (stores.length > 0) this.#step(loop);
  }

  /** Computes once and for all what else would be computed again; whether there was any. */
  #keep(nodes: readonly Node[]): boolean {
    const again = nodes.filter((node) => this.#isAgain(node));
    for (const node of again) this.place(node);
    return again.length > 0;
  }

  /** The entry of an operation that the loop computes. */
  #compute(node: Node, values: Values): number {
    const inputs = node.inputs.map((input) => this.#entryOf(input, values));
    const entry = values.entries.push({ op: node.op, inputs }) - 1;
    values.known.set(node, entry);
    return entry;
  }

  /** The entry of an operand: computed before, computed again, or loaded. */
  #entryOf(input: Node, values: Values): number {
    const { shape, order, entries, known } = values;
    const computed = known.get(input);
    if (computed !== undefined) return computed;
    if (this.#isAgain(input)) return this.#compute(input, values);
    const place = this.operand(input, shape, order);
    let entry = known.get(place);
    if (entry === undefined) {
      entry = entries.push({ load: inOrder(expanded(place, shape), order) }) - 1;
      known.set(place, entry);
    }
    return entry;
  }

  #step(loop: Loop): void {
    const reads: Buffer[] = [];
    for (const entry of loop.entries) if ('load' in entry) reads.push(entry.load.buffer);
    this.#plan.steps.push({
      name: `${loop.summed ? 'sum' : 'loop'} ${loop.shape.join('x')}`,
      reads,
      writes: loop.stores.map(({ place }) => place.buffer),
      emit: ({ assembler, constants }) => emitLoop(assembler, loop, constants),
    });
  }
}

/** Without the values that no store depends on: they would be computed, and fill registers. */
function needed(entries: readonly Entry[], stores: Loop['stores']): Pick<Loop, 'entries' | 'stores'> {
  const live = new Array<boolean>(entries.length).fill(false);
  for (const { entry } of stores) live[entry] = true;
  let all = true;
  for (let i = entries.length - 1; i >= 0; i--) {
    const entry = entries[i];
    if (!live[i]) all = false;
    else if ('inputs' in entry) for (const input of entry.inputs) live[input] = true;
  }
  if (all) return { entries, stores };
  const order = entries.map((_, i) => i).filter((i) => live[i]);
  const renumbered = new Map(order.map((old, i) => [old, i]));
  const now = (old: number) => renumbered.get(old) as number;
  return {
    entries: order.map((i) => {
      const entry = entries[i];
      return 'inputs' in entry ? { ...entry, inputs: entry.inputs.map(now) } : entry;
    }),
    stores: stores.map((store) => ({ ...store, entry: now(store.entry) })),
  };
}

const pressureOf = ({ entries }: Values, stored: readonly number[]) =>
  pressure({ entries, stores: stored.map((entry) => ({ entry, place: newPlace([]) })) });

const isOneOrNone = (stride: number) => stride === 0 || stride === 1;

/** The stride of a place that is broadcast to the shape. */
function strideAlong(place: Place, shape: readonly number[], axis: number): number {
  const own = axis - (shape.length - place.shape.length);
  return own < 0 || place.shape[own] === 1 ? 0 : place.strides[own];
}

const shapeInMemory = ({ shape, order }: Space) => order?.map((axis) => shape[axis]) ?? shape;
