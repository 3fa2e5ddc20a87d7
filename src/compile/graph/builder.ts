/**
 * @file Builds graphs in their simplest form: every method returns an existing or smaller node where algebra allows.
 *
 * tfjs's gradients write many operations that do nothing (reshapes to the same shape, products with ones, broadcasts
 * that the next operation would do itself). Rewriting while building keeps each rule local: a rule sees one new node
 * and its inputs, which are in simplest form already.
 */
import {
  type Binary,
  broadcastShape,
  type Dtype,
  Graph,
  type Node,
  type Reduction,
  sameShape,
  sizeOf,
  type Unary,
  type Values,
} from './graph.ts';
import { binaryFunctions, commutative, truthOperations, unaryFunctions } from './scalar.ts';

/** The value of a constant whose entries are all equal, else undefined. */
export const uniformValue = (node: Node): number | undefined =>
  node.op === 'Constant' && node.values!.length === 1 ? node.values![0] : undefined;

export class Builder {
  readonly graph = new Graph();

  input(name: string, shape: readonly number[], dtype: Dtype): Node {
    return this.graph.input(name, shape, dtype);
  }

  constant(values: Values | readonly number[], shape: readonly number[], dtype: Dtype = 'float32'): Node {
    return this.graph.constant(values, shape, dtype);
  }

  fill(value: number, shape: readonly number[], dtype: Dtype = 'float32'): Node {
    return this.#withShape(this.graph.number(value, dtype), shape);
  }

  unary(op: Unary, x: Node): Node {
    const dtype: Dtype = truthOperations.has(op) ? 'bool' : x.dtype;
    const value = uniformValue(x);
    if (value !== undefined) return this.fill(unaryFunctions[op](value), x.shape, dtype);
    const known = this.#known(dtype, x.shape, [x], unaryFunctions[op]);
    if (known) return known;
    if (op === 'Neg' && x.op === 'Neg') return x.inputs[0];
    if (op === 'Neg' && x.op === 'Mul') {
      const [y, c] = x.inputs;
      if (uniformValue(c) !== undefined) return this.binary('Mul', y, this.unary('Neg', c));
    }
    if (isPlain(x)) return this.reshape(this.unary(op, this.reshape(x, [])), x.shape);
    if (x.op === 'Expand') return this.expand(this.unary(op, x.inputs[0]), x.shape);
    if (x.op === 'Transpose') return this.transpose(this.unary(op, x.inputs[0]), permutationOf(x));
    return this.graph.node(op, [x], {}, x.shape, dtype);
  }

  /** NumPy broadcasting. Both operands have one dtype. */
  binary(op: Binary, a: Node, b: Node): Node {
    const shape = broadcastShape(a.shape, b.shape);
    const dtype: Dtype = truthOperations.has(op) ? 'bool' : a.dtype;
    const [va, vb] = [uniformValue(a), uniformValue(b)];
    if (va !== undefined && vb !== undefined) return this.fill(binaryFunctions[op](va, vb), shape, dtype);
    const known = this.#known(dtype, shape, [a, b], binaryFunctions[op]);
    if (known) return known;
    const simpler = dtype === 'float32' ? this.#arithmetic(op, a, b, shape) : undefined;
    if (simpler) return simpler;
    if (isPlain(a) || isPlain(b)) {
      const plain = (x: Node) => (isPlain(x) ? this.reshape(x, []) : x);
      // A number of many axes adds some to the other operand.
      const rank = (x: Node) => (isPlain(x) ? 0 : x.shape.length);
      if (Math.max(rank(a), rank(b)) === shape.length || sizeOf(shape) === 1) {
        return this.reshape(this.binary(op, plain(a), plain(b)), shape);
      }
    }
    if (a.op === 'Expand' && b.op === 'Expand') {
      return this.expand(this.binary(op, a.inputs[0], b.inputs[0]), shape);
    }
    // A broadcast that this operation does by itself.
    if (sameShape(b.shape, shape)) a = this.#unexpanded(a);
    if (sameShape(a.shape, shape)) b = this.#unexpanded(b);
    const moved = this.#transposedLater(op, a, b, shape);
    if (moved) return moved;
    if (commutative.has(op) && this.#rank(a) > this.#rank(b)) [a, b] = [b, a];
    return this.graph.node(op, [a, b], {}, shape, dtype);
  }

  /**
   * What an operation gives on whole numbers and truth values that are known, places of entries mostly: undefined where one is not, or is a
   * real number, or has another shape.
   */
  #known(
    dtype: Dtype,
    shape: readonly number[],
    inputs: readonly Node[],
    f: (...x: number[]) => number,
  ): Node | undefined {
    const whole = ({ op, dtype, shape: own }: Node) => op === 'Constant' && dtype !== 'float32' && (own.length === 0 || sameShape(own, shape)); // biome-ignore format: one thought
    if (!inputs.every(whole)) return undefined;
    const at = ({ values }: Node, i: number) => values![values!.length === 1 ? 0 : i];
    const values = Array.from({ length: sizeOf(shape) }, (_, i) => f(...inputs.map((input) => at(input, i))));
    return this.constant(values, shape, dtype);
  }

  where(condition: Node, a: Node, b: Node): Node {
    const shape = broadcastShape(broadcastShape(condition.shape, a.shape), b.shape);
    const value = uniformValue(condition);
    if (value !== undefined) return this.expand(value ? a : b, shape);
    if (a === b) return this.expand(a, shape);
    if (a.dtype === 'bool') {
      // onnxruntime selects no truth values.
      const otherwise = this.binary('And', this.unary('Not', condition), b);
      return this.binary('Or', this.binary('And', condition, a), otherwise);
    }
    const covered = (...others: Node[]) =>
      sameShape(
        others.map((n) => n.shape).reduce((m, n) => broadcastShape(m, n)),
        shape,
      );
    if (covered(condition, b)) a = this.#unexpanded(a);
    if (covered(condition, a)) b = this.#unexpanded(b);
    return this.graph.node('Where', [condition, a, b], {}, shape, a.dtype);
  }

  cast(x: Node, dtype: Dtype): Node {
    if (x.dtype === dtype) return x;
    if (x.op === 'Constant') {
      const values = Array.from(x.values!, (v) => castValue(v, dtype));
      return this.#withShape(this.graph.constant(values, values.length === 1 ? [] : x.shape, dtype), x.shape);
    }
    if (dtype === 'bool') return this.unary('Not', this.binary('Equal', x, this.fill(0, [], x.dtype)));
    return this.graph.node('Cast', [x], {}, x.shape, dtype);
  }

  reshape(x: Node, shape: readonly number[]): Node {
    if (sameShape(x.shape, shape)) return x;
    if (x.op === 'Reshape') return this.reshape(x.inputs[0], shape);
    if (x.op === 'Constant') return this.#withShape(x, shape);
    return this.graph.node('Reshape', [x], {}, shape, x.dtype);
  }

  transpose(x: Node, permutation: readonly number[]): Node {
    if (x.op === 'Transpose') {
      const inner = x.attributes.perm as readonly number[];
      return this.transpose(
        x.inputs[0],
        permutation.map((p) => inner[p]),
      );
    }
    const shape = permutation.map((p) => x.shape[p]);
    if (uniformValue(x) !== undefined) return this.#withShape(x, shape);
    if (x.op === 'Concat') {
      // Where the parts can be transposed for free.
      const parts = x.inputs.map((part) => this.transpose(part, permutation));
      const axis = permutation.indexOf(x.attributes.axis as number);
      if (parts.every((part) => part.op !== 'Transpose')) return this.concat(parts, axis);
    }
    // Axes of length one may move for free.
    const moved = permutation.filter((p) => x.shape[p] !== 1);
    if (moved.every((p, i) => i === 0 || p > moved[i - 1])) return this.reshape(x, shape);
    return this.graph.node('Transpose', [x], { perm: [...permutation] }, shape, x.dtype);
  }

  /** Exchanges the last two axes. */
  swapLast(x: Node): Node {
    const rank = x.shape.length;
    const order = Array.from({ length: rank - 2 }, (_, i) => i);
    return this.transpose(x, [...order, rank - 1, rank - 2]);
  }

  /** Broadcasts to `shape` by NumPy's rule. */
  expand(x: Node, shape: readonly number[]): Node {
    if (sameShape(x.shape, shape)) return x;
    if (uniformValue(x) !== undefined) return this.#withShape(x, shape);
    if (x.op === 'Expand') return this.expand(x.inputs[0], shape);
    if (sizeOf(x.shape) === sizeOf(shape)) return this.reshape(x, shape);
    return this.graph.node('Expand', [x], {}, shape, x.dtype);
  }

  /** Repeats x along every axis. */
  tile(x: Node, repeats: readonly number[]): Node {
    // Repeating an axis of length n > 1 is broadcasting a new axis before it.
    const split = x.shape.flatMap((n, i) => (repeats[i] > 1 && n > 1 ? [1, n] : [n]));
    const spread = x.shape.flatMap((n, i) => (repeats[i] > 1 && n > 1 ? [repeats[i], n] : [n * repeats[i]]));
    return this.reshape(
      this.expand(this.reshape(x, split), spread),
      x.shape.map((n, i) => n * repeats[i]),
    );
  }

  reduce(op: Reduction, x: Node, axes: readonly number[], keepDims = false): Node {
    const reduced = new Set(axes.map((axis) => (axis + x.shape.length) % x.shape.length));
    const kept = x.shape.map((n, i) => (reduced.has(i) ? 1 : n));
    const shape = keepDims ? kept : x.shape.filter((_, i) => !reduced.has(i));
    const real = [...reduced].filter((axis) => x.shape[axis] !== 1).sort((a, b) => a - b);
    if (real.length === 0) return this.reshape(x, shape);
    if (op === 'ReduceSum') {
      const simpler = this.#sum(x, real, kept);
      if (simpler) return this.reshape(simpler, shape);
    }
    if (x.op === 'Transpose') {
      const permutation = permutationOf(x);
      const inner = this.reduce(op, x.inputs[0], real.map((axis) => permutation[axis]), true); // biome-ignore format: one thought
      return this.reshape(this.transpose(inner, permutation), shape);
    }
    const squeezed = x.shape.filter((_, i) => !real.includes(i));
    return this.reshape(this.graph.node(op, [x], { axes: real }, squeezed, x.dtype), shape);
  }

  /** Matrix product over the last two axes; the leading axes broadcast. */
  matMul(a: Node, b: Node): Node {
    const [m, k] = a.shape.slice(-2);
    const n = b.shape.at(-1)!;
    const batch = broadcastShape(a.shape.slice(0, -2), b.shape.slice(0, -2));
    const shape = [...batch, m, n];
    if (uniformValue(a) === 0 || uniformValue(b) === 0) return this.fill(0, shape, a.dtype);
    if (k === 1 && (uniformValue(a) !== undefined || uniformValue(b) !== undefined)) {
      // A column beside itself, or a row below itself.
      const [column, row] = [this.expand(a, [...batch, m, 1]), this.expand(b, [...batch, 1, n])];
      return this.expand(this.binary('Mul', column, row), shape);
    }
    const scaled = a.dtype === 'float32' ? this.#scaledProduct(a, b, sizeOf(shape)) : undefined;
    if (scaled) return scaled;
    const diagonal = this.#diagonalMoved(a, b);
    if (diagonal) return this.matMul(...diagonal);
    const shared = (x: Node) => x.shape.slice(0, -2).every((length) => length === 1);
    const whole = sameShape(a.shape.slice(0, -2), batch);
    if (b.op === 'Expand' && batch.length > 0 && whole) {
      const inner = b.inputs[0];
      if (sameShape(inner.shape.slice(-2), b.shape.slice(-2)) && shared(inner)) {
        return this.matMul(a, this.reshape(inner, inner.shape.slice(-2)));
      }
    }
    // One matrix for a whole batch: one large product.
    if (batch.length > 0 && whole && shared(b)) {
      const rows = this.reshape(a, [sizeOf(batch) * m, k]);
      return this.reshape(this.matMul(rows, this.reshape(b, [k, n])), shape);
    }
    return this.graph.node('MatMul', [a, b], {}, shape, a.dtype);
  }

  slice(x: Node, starts: readonly number[], sizes: readonly number[], steps?: readonly number[]): Node {
    const plain = steps === undefined || steps.every((s) => s === 1);
    if (plain && sameShape(sizes, x.shape)) return x;
    if (uniformValue(x) !== undefined) return this.#withShape(x, sizes);
    if (plain && x.op === 'Concat') {
      const part = this.#partOf(x, starts, sizes);
      if (part) return part;
    }
    if (x.op === 'Transpose') {
      const permutation = permutationOf(x);
      const back = inverse(permutation);
      const at = (list: readonly number[]) => back.map((i) => list[i]);
      return this.transpose(this.slice(x.inputs[0], at(starts), at(sizes), steps && at(steps)), permutation);
    }
    const axes = x.shape.map((_, i) => i).filter((i) => sizes[i] !== x.shape[i] || (steps?.[i] ?? 1) !== 1);
    const step = axes.map((i) => steps?.[i] ?? 1);
    const start = axes.map((i) => starts[i]);
    // ONNX wants an exclusive end; below zero it must be far below, since -1 means the last entry.
    const end = axes.map((i, j) => {
      const stop = starts[i] + (sizes[i] - 1) * step[j] + Math.sign(step[j]);
      return stop < 0 ? Number.MIN_SAFE_INTEGER : stop;
    });
    return this.graph.node('Slice', [x], { axes, starts: start, ends: end, steps: step }, sizes, x.dtype);
  }

  concat(parts: readonly Node[], axis: number): Node {
    const full = parts.filter((part) => part.shape[axis] !== 0);
    if (full.length < 2) return full[0] ?? parts[0];
    const shape = full[0].shape.map((n, i) =>
      i === axis ? full.reduce((sum, p) => sum + p.shape[i], 0) : n,
    );
    const values = full.map(uniformValue);
    if (values.every((v) => v !== undefined && v === values[0])) return this.#withShape(full[0], shape);
    return this.graph.node('Concat', full, { axis }, shape, full[0].dtype);
  }

  pad(x: Node, before: readonly number[], after: readonly number[], value = 0): Node {
    if (before.every((n) => n === 0) && after.every((n) => n === 0)) return x;
    const shape = x.shape.map((n, i) => n + before[i] + after[i]);
    if (uniformValue(x) === value) return this.#withShape(x, shape);
    return this.graph.node('Pad', [x], { pads: [...before, ...after], value }, shape, x.dtype);
  }

  /**
   * An entry-wise operation on transposed operands is transposed after it: transposes move on until they meet their
   * inverse or a product that takes them for free. A small operand is transposed the other way for that.
   */
  #transposedLater(op: Binary, a: Node, b: Node, shape: readonly number[]): Node | undefined {
    const whole = [a, b].find((x) => x.op === 'Transpose' && sameShape(x.shape, shape));
    if (!whole) return undefined;
    const permutation = permutationOf(whole);
    const back = (x: Node): Node | undefined => {
      if (x.shape.length === 0) return x;
      const same = x.op === 'Transpose' && sameShape(permutationOf(x), permutation);
      if (!same && SMALL * sizeOf(x.shape) > sizeOf(shape)) return undefined;
      return this.transpose(this.#padRank(x, shape.length), inverse(permutation));
    };
    const [left, right] = [back(a), back(b)];
    if (!left || !right) return undefined;
    const inner = this.binary(op, left, right);
    return this.transpose(inner, permutation);
  }

  /** Algebra of sums, products and quotients; undefined where nothing is gained. */
  #arithmetic(op: Binary, a: Node, b: Node, shape: readonly number[]): Node | undefined {
    const [va, vb] = [uniformValue(a), uniformValue(b)];
    if (op === 'Add') {
      if (va === 0) return this.expand(b, shape);
      if (vb === 0) return this.expand(a, shape);
      if (a.op === 'Neg' && b.op === 'Neg') {
        return this.unary('Neg', this.binary('Add', a.inputs[0], b.inputs[0]));
      }
      if (b.op === 'Neg') return this.binary('Sub', a, b.inputs[0]);
      if (a.op === 'Neg') return this.binary('Sub', b, a.inputs[0]);
      if (a === b) return this.binary('Mul', a, this.fill(2, []));
    } else if (op === 'Sub') {
      if (vb === 0) return this.expand(a, shape);
      if (va === 0) return this.expand(this.unary('Neg', b), shape);
      if (b.op === 'Neg') return this.binary('Add', a, b.inputs[0]);
      if (a.op === 'Neg') return this.unary('Neg', this.binary('Add', a.inputs[0], b));
      if (a === b) return this.fill(0, shape);
    } else if (op === 'Mul') {
      // To the right, with the shape that it broadcasts to.
      if (va !== undefined) return this.binary('Mul', b, sameShape(b.shape, shape) ? this.fill(va, []) : a);
      if (vb === 0) return this.fill(0, shape);
      if (vb === 1) return this.expand(a, shape);
      if (vb === -1) return this.expand(this.unary('Neg', a), shape);
      if (vb !== undefined) {
        if (a.op === 'Neg') return this.expand(this.binary('Mul', a.inputs[0], this.fill(-vb, [])), shape);
        if (a.op === 'Mul') {
          const inner = uniformValue(a.inputs[1]);
          if (inner !== undefined && isOrdinary(inner * vb)) {
            return this.expand(this.binary('Mul', a.inputs[0], this.fill(inner * vb, [])), shape);
          }
        }
        if (a.op === 'Expand') return this.expand(this.binary('Mul', a.inputs[0], this.fill(vb, [])), shape);
        if (b.shape.length > 0) return this.expand(this.binary('Mul', a, this.fill(vb, [])), shape);
      }
      // Signs move outwards, where sums absorb them.
      if (a.op === 'Neg') return this.unary('Neg', this.binary('Mul', a.inputs[0], b));
      if (b.op === 'Neg') return this.unary('Neg', this.binary('Mul', a, b.inputs[0]));
    } else if (op === 'Div') {
      if (vb !== undefined && isOrdinary(1 / vb)) return this.binary('Mul', a, this.fill(1 / vb, b.shape));
    } else if (op === 'Pow') {
      if (vb === 1) return this.expand(a, shape);
      if (vb === 2) return this.expand(this.binary('Mul', a, a), shape);
      if (vb === 3) return this.expand(this.binary('Mul', a, this.binary('Mul', a, a)), shape);
      if (vb === 4) return this.expand(this.binary('Pow', this.binary('Mul', a, a), this.fill(2, [])), shape);
      if (vb === 1.5) return this.expand(this.binary('Mul', a, this.unary('Sqrt', a)), shape);
      if (vb === 0) return this.fill(1, shape);
      if (vb === 0.5) return this.expand(this.unary('Sqrt', a), shape);
      if (vb === -1) return this.expand(this.unary('Reciprocal', a), shape);
      if (vb === -0.5) return this.expand(this.unary('Reciprocal', this.unary('Sqrt', a)), shape);
      if (vb === -2)
        return this.expand(this.binary('Pow', this.unary('Reciprocal', a), this.fill(2, [])), shape);
    }
    return undefined;
  }

  /** A sum over `axes` (all longer than one) with the reduced axes kept as ones; undefined where nothing is gained. */
  #sum(x: Node, axes: readonly number[], kept: readonly number[]): Node | undefined {
    const value = uniformValue(x);
    const count = axes.reduce((n, axis) => n * x.shape[axis], 1);
    if (value !== undefined) return this.fill(value * count, kept, x.dtype);
    if (x.op === 'Neg') return this.unary('Neg', this.reduce('ReduceSum', x.inputs[0], axes, true));
    if (x.op === 'Mul' && x.dtype === 'float32') {
      const factor = uniformValue(x.inputs[1]);
      if (factor !== undefined) {
        return this.binary('Mul', this.reduce('ReduceSum', x.inputs[0], axes, true), this.fill(factor, []));
      }
    }
    if (x.op === 'Expand') {
      const inner = this.#padRank(x.inputs[0], x.shape.length);
      const spread = axes.filter((axis) => inner.shape[axis] === 1);
      if (spread.length === 0) return undefined;
      const times = spread.reduce((n, axis) => n * x.shape[axis], 1);
      const rest = axes.filter((axis) => !spread.includes(axis));
      const shape = x.shape.map((n, i) => (spread.includes(i) ? 1 : n));
      const smaller = this.reduce('ReduceSum', this.expand(inner, shape), rest, true);
      return this.binary('Mul', smaller, this.fill(times, [], x.dtype));
    }
    return undefined;
  }

  /** Moves a scalar factor of an operand to the other operand or to the product, where that is a smaller tensor. */
  #scaledProduct(a: Node, b: Node, size: number): Node | undefined {
    for (const [x, other, first] of [
      [a, b, true],
      [b, a, false],
    ] as const) {
      const scaled = this.#scaled(x);
      if (!scaled) continue;
      const { rest, factor } = scaled;
      const product = (left: Node, right: Node) =>
        first ? this.matMul(left, right) : this.matMul(right, left);
      // A sign goes on to where a sum absorbs it.
      if (!factor) return this.unary('Neg', product(rest, other));
      // A factor that is computed may be wanted by others too: it moves only where that saves much.
      const least = factor.op === 'Constant' ? 1 : 2;
      if (least * size <= sizeOf(x.shape)) return this.binary('Mul', product(rest, other), factor);
      if (4 * sizeOf(other.shape) <= sizeOf(x.shape)) return product(rest, this.binary('Mul', other, factor));
    }
    return undefined;
  }

  /** Factors of the axis that is summed over move to the operand that is much smaller: A (s * X) is (A * s') X. */
  #diagonalMoved(a: Node, b: Node): [Node, Node] | undefined {
    const k = a.shape.at(-1)!;
    for (const [x, other, first] of [
      [b, a, false],
      [a, b, true],
    ] as const) {
      if (x.op !== 'Mul' || SMALL * sizeOf(other.shape) > sizeOf(x.shape)) continue;
      const rank = x.shape.length;
      const at = x.inputs.findIndex(
        ({ shape }) =>
          sizeOf(shape) === k && k > 1 && shape.at(first ? -1 : -2) === k && shape.length <= rank,
      );
      if (at === -1 || !sameShape(x.inputs[1 - at].shape, x.shape)) continue;
      const factors = this.reshape(x.inputs[at], first ? [k, 1] : [k]);
      const scaled = this.binary('Mul', other, factors);
      return first ? [x.inputs[1 - at], scaled] : [scaled, x.inputs[1 - at]];
    }
    return undefined;
  }

  /** x as a scalar factor times the rest, looking through a transpose; no factor stands for -1. */
  #scaled(x: Node): { rest: Node; factor?: Node } | undefined {
    if (x.op === 'Transpose') {
      const inner = this.#scaled(x.inputs[0]);
      return inner && { ...inner, rest: this.transpose(inner.rest, permutationOf(x)) };
    }
    if (x.op === 'Neg') return { rest: x.inputs[0] };
    if (x.op !== 'Mul') return undefined;
    const at = x.inputs.findIndex((n) => sizeOf(n.shape) === 1 && n.shape.length <= x.shape.length);
    if (at === -1 || !sameShape(x.inputs[1 - at].shape, x.shape)) return undefined;
    return { rest: x.inputs[1 - at], factor: this.reshape(x.inputs[at], []) };
  }

  /** The one operand of a concatenation that a slice picks whole or within. */
  #partOf(x: Node, starts: readonly number[], sizes: readonly number[]): Node | undefined {
    const axis = x.attributes.axis as number;
    let offset = 0;
    for (const part of x.inputs) {
      const end = offset + part.shape[axis];
      if (starts[axis] >= offset && starts[axis] + sizes[axis] <= end) {
        const inside = starts.map((s, i) => (i === axis ? s - offset : s));
        return this.slice(part, inside, sizes);
      }
      offset = end;
    }
    return undefined;
  }

  #padRank(x: Node, rank: number): Node {
    return this.reshape(x, [...Array(rank - x.shape.length).fill(1), ...x.shape]);
  }

  /** An operand as it was before a broadcast. */
  #unexpanded(x: Node): Node {
    return x.op === 'Expand' ? x.inputs[0] : this.#thin(x);
  }

  /** Uniform constants as scalars: operations broadcast them by themselves. */
  #thin(x: Node): Node {
    const value = uniformValue(x);
    return value === undefined || x.shape.length === 0 ? x : this.fill(value, [], x.dtype);
  }

  /** Constants go last in commutative operations, so that rules look for them in one place. */
  #rank(x: Node): number {
    return x.op === 'Constant' ? Number.MAX_SAFE_INTEGER : x.id;
  }

  #withShape(constant: Node, shape: readonly number[]): Node {
    if (sameShape(constant.shape, shape)) return constant;
    return this.graph.constant(constant.values!, shape, constant.dtype);
  }
}

/** How many times smaller an operand must be to be transposed for the sake of the other. */
const SMALL = 8;

/** Whether a node is a single number with axes: entry-wise operations work on numbers without. */
const isPlain = (x: Node) => x.shape.length > 0 && sizeOf(x.shape) === 1 && x.op !== 'Input';

const permutationOf = (transpose: Node) => transpose.attributes.perm as readonly number[];

const inverse = (permutation: readonly number[]) => permutation.map((_, i) => permutation.indexOf(i));

/** Far from where float32 overflows or loses digits. */
const isOrdinary = (value: number) => Math.abs(value) > 1e-30 && Math.abs(value) < 1e30;

function castValue(value: number, dtype: Dtype): number {
  if (dtype === 'bool') return value === 0 ? 0 : 1;
  return dtype === 'int32' ? Math.trunc(value) : value;
}
