/**
 * @file Sums in the form that moves the least memory: products added up as one product, scalar factors moved into the
 * smaller operand of a product, equal leaves and equal factors collected.
 *
 * The gradient of weights is a sum of one product for every time they were used, each as large as the weights of all
 * episodes: adding them up costs more than the products themselves, laying their small operands side by side costs little.
 */
import type { Builder } from '../graph/builder.ts';
import { type Node, sameShape, sizeOf } from '../graph/graph.ts';
import { isLinear, isOne, type Term, termsOf } from './linear.ts';
import { onSmaller, operandSize, type RowProduct, rowProduct, stacked } from './products.ts';
import type { Rewriting, Rule } from './rewrite.ts';

export function sums(graph: Rewriting): Rule {
  const { builder, live, uses, made } = graph;
  // A sum that only another sum of the same shape uses is taken apart there.
  const absorbed = new Set<Node>();
  for (const node of live) {
    if (!isLinear(node)) continue;
    for (const input of node.inputs) {
      if (uses(input) === 1 && isLinear(input) && sameShape(input.shape, node.shape)) absorbed.add(input);
    }
  }
  return (root) => {
    if (!isLinear(root) || absorbed.has(root) || sizeOf(root.shape) === 1) return undefined;
    const before = new Cost();
    for (const node of interior(root, absorbed)) before.entrywise(node);
    const terms = termsOf(builder, root, (node) => absorbed.has(node), made);
    const sum = new Sum(root, graph);
    const node = sum.of(terms, before);
    return sum.cost.total < before.total ? node : undefined;
  };
}

function interior(root: Node, absorbed: ReadonlySet<Node>): Node[] {
  const nodes = [root];
  for (const node of nodes) nodes.push(...node.inputs.filter((n) => absorbed.has(n)));
  return nodes;
}

interface Signed {
  sign: 1 | -1;
  node: Node;
}

/** Numbers read and written. */
class Cost {
  total = 0;

  entrywise({ shape, inputs }: Pick<Node, 'shape' | 'inputs'>) {
    this.total += sizeOf(shape) + inputs.reduce((sum, n) => sum + sizeOf(n.shape), 0);
  }

  add(numbers: number) {
    this.total += numbers;
  }
}

class Sum {
  readonly cost = new Cost();
  readonly builder: Builder;
  readonly #root: Node;
  readonly #graph: Rewriting;

  constructor(root: Node, graph: Rewriting) {
    this.builder = graph.builder;
    this.#root = root;
    this.#graph = graph;
  }

  /** The sum of the terms; `before` gets what writing the products apart costs. */
  of(terms: readonly Term[], before: Cost): Node {
    const { uses, made } = this.#graph;
    const groups = new Map<string, { sign: 1 | -1; product: RowProduct }[]>();
    const others: Term[] = [];
    for (const { sign, factor, leaf } of this.#collected(terms)) {
      const product = uses(leaf) === 1 ? rowProduct(made(leaf)) : undefined;
      const whole = product && sameShape(product.shape, this.#root.shape);
      if (!product || !whole || operandSize(product) >= 2 * sizeOf(product.shape)) {
        others.push({ sign, factor, leaf });
        continue;
      }
      before.add(sizeOf(product.shape));
      const key = product.left.shape.slice(0, -2).join();
      groups.set(key, [...(groups.get(key) ?? []), { sign, product: this.#scaled(product, factor) }]);
    }
    const parts = [...groups.values()].flatMap((group) => this.#products(group));
    return this.#added([...parts, ...this.#factored(others, before)]);
  }

  /** Terms of the same leaf as one. */
  #collected(terms: readonly Term[]): Term[] {
    const byLeaf = new Map<Node, Term>();
    for (const term of terms) {
      const known = byLeaf.get(term.leaf);
      if (!known) {
        byLeaf.set(term.leaf, term);
        continue;
      }
      const signed = ({ sign, factor }: Term) => (sign === 1 ? factor : this.builder.unary('Neg', factor));
      const factor = this.builder.binary('Add', signed(known), signed(term));
      byLeaf.set(term.leaf, { sign: 1, factor, leaf: term.leaf });
    }
    return [...byLeaf.values()];
  }

  #scaled(product: RowProduct, factor: Node): RowProduct {
    return isOne(factor) ? product : onSmaller(product, (operand) => this.#times(operand, factor));
  }

  /** Products of one kind as one, of the sign that most of them have; or each for itself where laying side by side costs more. */
  #products(group: { sign: 1 | -1; product: RowProduct }[]): Signed[] {
    const size = sizeOf(group[0].product.shape);
    const moved = group.reduce((sum, { product }) => sum + 2 * operandSize(product), 0);
    const saved = 4 * size * (group.length - 1);
    if (group.length > 1 && moved >= saved) {
      return group.flatMap((one) => this.#products([one]));
    }
    const sign = group.filter((one) => one.sign === 1).length * 2 >= group.length ? 1 : -1;
    const products = group.map(({ sign: own, product }) =>
      own === sign ? product : onSmaller(product, (operand) => this.#negative(operand)),
    );
    this.cost.add(size);
    if (products.length > 1) this.cost.add(moved);
    return [{ sign, node: stacked(this.builder, products) }];
  }

  /** a b + a c as a (b + c), the factor that most terms share first. Leaves are still those of the old graph. */
  #factored(terms: readonly Term[], before: Cost): Signed[] {
    const { uses, made } = this.#graph;
    const ofFactor = new Map<Node, Term[]>();
    for (const term of terms) {
      const { leaf } = term;
      if (leaf.op !== 'Mul' || uses(leaf) !== 1) continue;
      for (const input of new Set(leaf.inputs)) {
        if (sizeOf(input.shape) > 1) ofFactor.set(input, [...(ofFactor.get(input) ?? []), term]);
      }
    }
    const [common, sharing] = [...ofFactor].reduce((best, one) => (one[1].length > best[1].length ? one : best), [terms[0]?.leaf, [] as Term[]]); // biome-ignore format: one thought
    if (sharing.length < 2)
      return this.#scaledLeaves(terms.map((term) => ({ ...term, leaf: made(term.leaf) })));
    for (const { leaf } of sharing) before.entrywise(leaf);
    const rest = sharing.map((term) => {
      const [a, b] = term.leaf.inputs;
      return { ...term, leaf: made(a === common ? b : a) };
    });
    const sum = this.#added(this.#scaledLeaves(rest));
    const others = terms.filter((term) => !sharing.includes(term));
    return [{ sign: 1, node: this.#times(sum, made(common)) }, ...this.#factored(others, before)];
  }

  /** Leaves of equal factor are added before they are multiplied. */
  #scaledLeaves(terms: readonly Term[]): Signed[] {
    const byFactor = new Map<Node, Term[]>();
    for (const term of terms) byFactor.set(term.factor, [...(byFactor.get(term.factor) ?? []), term]);
    return [...byFactor].flatMap(([factor, list]) => {
      const leaves = list.map(({ sign, leaf }) => ({ sign, node: leaf }));
      if (isOne(factor)) return leaves;
      const flipped = leaves.every(({ sign }) => sign === -1);
      const sum = this.#added(flipped ? leaves.map(({ node }) => ({ sign: 1, node })) : leaves);
      return [{ sign: flipped ? -1 : 1, node: this.#times(sum, factor) } as const];
    });
  }

  #added(parts: readonly Signed[]): Node {
    // Small ones first: they broadcast once.
    const order = [...parts].sort((a, b) => sizeOf(a.node.shape) - sizeOf(b.node.shape));
    const first = order.findIndex(({ sign }) => sign === 1);
    if (first === -1) return this.#negative(this.#added(parts.map(({ node }) => ({ sign: 1, node }))));
    const [{ node }] = order.splice(first, 1);
    return order.reduce((sum, part) => this.#binary(part.sign === 1 ? 'Add' : 'Sub', sum, part.node), node);
  }

  #times(x: Node, factor: Node): Node {
    return this.#binary('Mul', x, factor);
  }

  #negative(x: Node): Node {
    this.cost.add(2 * sizeOf(x.shape));
    return this.builder.unary('Neg', x);
  }

  #binary(op: 'Add' | 'Sub' | 'Mul', a: Node, b: Node): Node {
    const node = this.builder.binary(op, a, b);
    this.cost.entrywise({ shape: node.shape, inputs: [a, b] });
    return node;
  }
}
