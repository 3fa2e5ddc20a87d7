/**
 * @file From a traced graph to steps of machine code: where every tensor lies, and what needs no step at all because it is a view.
 * Entrywise operations and sums are planned in loop-planner.ts.
 */
import { sizeOf } from '../../shapes.ts';
import { entrywise } from '../emit/entrywise/entrywise.ts';
import { combinations, isLoopable } from '../emit/entrywise/fused-loops.ts';
import type { PartCount } from '../emit/products/tiles.ts';
import { copyStep, padSteps } from '../emit/steps/copy-steps.ts';
import { spatialSteps } from '../emit/steps/image-steps.ts';
import { type Factors, isForDots, productSteps, sumOfProductsSteps } from '../emit/steps/product-steps.ts';
import type { Step } from '../emit/steps/step.ts';
import { TiledProducts } from '../emit/steps/tiled-products.ts';
import { uniformValue } from '../graph/builder.ts';
import { liveNodes, type Node, sameShape } from '../graph/graph.ts';
import { NodeMap, type ReadonlyNodeMap, usersOf } from '../graph/node-map.ts';
import { concatenation, partsOf } from '../layout/concatenations.ts';
import { imageColumns, inOrder, memoryOrders, newPlaceInOrder, type Order } from '../layout/orders.ts'; // biome-ignore format: one import
import { collapsed, expanded, isContiguous, newBuffer, newPlace, type Place, reshaped, transposed, wholeBuffer } from '../layout/places.ts'; // biome-ignore format: one import
import { viewOf, views } from '../layout/views.ts';
import { Unsupported } from '../program/unsupported.ts';
import { isEntrywise, LoopPlanner } from './loop-planner.ts';
import { type OperandUses, operandUses } from './operand-uses.ts';
import { scheduled } from './schedule.ts';
import { type Rows, sumsOfProducts } from './sums-of-products.ts';

export interface Plan {
  steps: Step[];
  inputs: Record<string, Place>;
  outputs: Record<string, Place>;
}

const others: ReadonlySet<string> = new Set(['Input', 'Constant', 'Concat', 'MatMul', 'Pad', 'Conv', 'ConvTranspose', 'ConvFilterGradient', 'AveragePool']); // biome-ignore format: a list
/** How many times the time to copy a number it takes to transpose one that is multiplied, and one of the result. */
const TURNING = 2;

/**
 * @param bfloats how many bfloat16 products may take every number for, on a machine that has tiles; default: they multiply float32
 * @throws Unsupported
 */
export function plan(inputs: Record<string, Node>, outputs: Record<string, Node>, bfloats?: PartCount): Plan {
  return new Planner(outputs, bfloats ? new TiledProducts(bfloats) : undefined).plan(inputs);
}

class Planner {
  readonly #outputs: Record<string, Node>;
  readonly #results: ReadonlySet<Node>;
  readonly #live: readonly Node[];
  readonly #steps: Step[] = [];
  readonly #places = new NodeMap<Place>();
  /** Where a part of a concatenation is to be computed: in it. */
  readonly #destinations = new NodeMap<Place>();
  /** Copies in other orders. */
  readonly #copies = new Map<Place, Map<string, Place>>();
  /** In which order axes lie in memory, where they do not row by row. */
  readonly #orders: ReadonlyNodeMap<Order>;
  /** Products that only a sum uses, which computes them itself. */
  readonly #deferred = new Set<Node>();
  /** Uses of every node that were not by its own loop. */
  readonly #uses = new NodeMap<number>();
  readonly #constants = new Map<number, Place>();
  readonly #users: NodeMap<Node[]>;
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
  readonly #tiled: TiledProducts | undefined;
  #operands: OperandUses | undefined;
  readonly #loops: LoopPlanner;

  constructor(outputs: Record<string, Node>, tiled: TiledProducts | undefined) {
    this.#outputs = outputs;
    this.#tiled = tiled;
    this.#results = new Set(Object.values(outputs));
    this.#live = liveNodes(Object.values(outputs));
    this.#orders = memoryOrders(this.#live, isEntrywise);
    this.#users = usersOf(this.#live);
    this.#loops = new LoopPlanner({
      steps: this.#steps,
      places: this.#places,
      destinations: this.#destinations,
      orders: this.#orders,
      users: this.#users,
      uses: this.#uses,
      deferred: this.#deferred,
      results: this.#results,
      place: (node) => this.#place(node),
      copied: (place, order) => this.#copied(place, order),
      destination: (node) => this.#destination(node),
    });
  }

  plan(inputs: Record<string, Node>): Plan {
    const strange = this.#live.find((node) => !isKnownNode(node));
    if (strange) throw new Unsupported(isKnownOp(strange) ? (strange.dtype === 'int32' ? 'int32' : 'tensors without entries') : strange.op); // biome-ignore format: one thought
    const users = this.#users;
    for (const node of this.#live) this.#uses.set(node, users.get(node)?.length ?? 0);
    for (const node of Object.values(this.#outputs)) this.#uses.set(node, this.#uses.get(node)! + 1);
    for (const node of this.#live) {
      const [user] = users.get(node) ?? [];
      if (user && user.op in combinations && this.#uses.get(node) === 1 && isEntrywise(node))
        this.#deferred.add(node);
    }
    this.#rows = sumsOfProducts(this.#live, users, this.#results);
    for (const { sides } of this.#rows.values()) for (const side of sides) this.#apart.add(side);
    if (this.#tiled) this.#operands = operandUses(this.#live, this.#rows);
    this.#placeConcatenations(users);
    for (const node of Object.values(inputs)) if (!this.#places.has(node)) this.#places.set(node, newPlace(node.shape)); // biome-ignore format: one thought
    for (const node of scheduled(this.#live, this.#deferred)) this.#visit(node);
    const placed: Record<string, Place> = {};
    for (const [name, node] of Object.entries(this.#outputs)) placed[name] = this.#packed(this.#place(node));
    this.#loops.finish();
    return {
      steps: this.#tiled?.around(this.#steps) ?? this.#steps,
      inputs: Object.fromEntries(
        Object.entries(inputs).map(([name, node]) => [name, this.#places.get(node)!]),
      ),
      outputs: placed,
    };
  }

  /** Gives every concatenation its buffer, and its parts their places in it where they are computed for it. */
  #placeConcatenations(users: ReadonlyNodeMap<readonly Node[]>): void {
    for (const node of [...this.#live].reverse()) {
      if (node.op !== 'Concat' || this.#apart.has(node)) continue;
      const order = this.#orders.get(node);
      const place = this.#destinations.get(node) ?? (order ? newPlaceInOrder(node.shape, order) : concatenation(node)); // biome-ignore format: one thought
      this.#destinations.set(node, place);
      for (const { part, sub } of partsOf(node, place)) {
        if (this.#destinations.has(part) || this.#results.has(part) || this.#deferred.has(part)) continue;
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
      if (!this.#deferred.has(node)) this.#loops.join(node);
      return;
    }
    switch (op) {
      case 'MatMul':
        this.#product(node);
        return;
      case 'ReduceSum':
      case 'ReduceMax':
      case 'ReduceMin':
        this.#loops.sum(node);
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
    const rows = this.#rows.get(node);
    if (rows) {
      this.#sumOfProducts(node, rows);
      return;
    }
    const [a, b] = node.inputs.map((input) => this.#place(input));
    const uses = this.#uses.get(node.inputs[1]) ?? 1;
    const to = this.#destination(node);
    const tiled = this.#tiled?.steps(a, b, to, false, this.#operands!.of(node));
    if (!tiled && this.#turned(node, a, b, uses)) return;
    if (tiled) this.#steps.push(...tiled);
    else {
      const asIs = isRows(b) || (isColumns(b) && (uses === 1 || isForDots(a, b, to)));
      this.#steps.push(...productSteps(a, asIs ? b : this.#copied(b), to));
    }
    this.#places.set(node, to);
  }

  #sumOfProducts(node: Node, { left, right }: Rows): void {
    const to = this.#destination(node);
    const factors: Factors[] = [];
    for (const [i, part] of left.entries()) {
      const [a, b] = [swapped(this.#place(part)), this.#place(right[i])];
      const tiled = this.#tiled?.steps(a, b, to, factors.length < i, this.#operands!.ofParts(part, right[i]));
      if (tiled) this.#steps.push(...tiled);
      else factors.push({ a, b: isRows(b) || isColumns(b) ? b : this.#copied(b) });
    }
    this.#steps.push(...sumOfProductsSteps(factors, to, factors.length < left.length));
    this.#places.set(node, to);
  }

  /** (b'a')' where b, whose columns are contiguous, is so large that this takes less than the copy of it that all who use it share. */
  #turned(node: Node, a: Place, b: Place, uses: number): boolean {
    const [rows, columns] = node.shape.slice(-2);
    if (uses === 1 || !isColumns(b) || isRows(b) || this.#destinations.has(node)) return false;
    if (sizeOf(node.shape) !== rows * columns) return false;
    if (sizeOf(b.shape) < TURNING * uses * (sizeOf(a.shape) + sizeOf(node.shape))) return false;
    const to = newPlace([...node.shape.slice(0, -2), columns, rows]);
    this.#steps.push(...productSteps(swapped(b), swapped(a), to));
    this.#places.set(node, swapped(to));
    return true;
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
    const known = this.#places.get(node) ?? this.#loops.place(node);
    if (known) return known;
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

  #pad(node: Node): void {
    const order = this.#orders.get(node);
    const x = this.#loops.operand(node.inputs[0], node.inputs[0].shape, order);
    const to = this.#destination(node);
    const starts = (node.attributes.pads as number[]).slice(0, node.shape.length);
    this.#steps.push(...padSteps(x, to, starts, this.#constant(node.attributes.value as number)));
    this.#places.set(node, to);
  }
}

/** Whether there is machine code for all operations, but perhaps not for all their kinds. */
export const isKnown = (outputs: readonly Node[]) => liveNodes(outputs).every(isKnownNode);

/** There is none for integers and tensors without entries. */
const isKnownNode = (node: Node) => isKnownOp(node) && node.dtype !== 'int32' && sizeOf(node.shape) > 0;

const isKnownOp = ({ op }: Node) => op in entrywise || op in combinations || views.has(op) || others.has(op);

/** Whether a loop can store to the place vector by vector. */
function isStorable({ shape, strides }: Place): boolean {
  const last = collapsed(shape, [strides]).at(-1);
  return !last || last.strides[0] === 1;
}

/** The last two axes exchanged. */
function swapped(place: Place): Place {
  const axes = [...place.shape.keys()];
  return transposed(place, [...axes.slice(0, -2), axes.length - 1, axes.length - 2]);
}

/** Whether the numbers of every row of a matrix lie beside each other. */
const isRows = ({ shape, strides }: Place) => shape.at(-1) === 1 || strides.at(-1) === 1;
/** Whether those of every column do. */
const isColumns = ({ shape, strides }: Place) => shape.at(-2) === 1 || strides.at(-2) === 1;

const sameView = (a: Place, b: Place) =>
  a.buffer === b.buffer && a.offset === b.offset && sameShape(a.strides, b.strides);
