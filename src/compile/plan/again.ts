/**
 * @file Which values of a loop are not kept but computed again, by every loop that needs them: those that are cheap to compute from tensors
 * of their size which such loops read anyway, or which take less time to read than the value takes to be written and read.
 */
import { combinations } from '../emit/entrywise/fused-loops.ts';
import { type Node, sizeOf } from '../graph/graph.ts';
import { NodeMap, type ReadonlyNodeMap } from '../graph/node-map.ts';

/** Operations that take less time than a tensor takes to memory and back. */
const cheap: ReadonlySet<string> = new Set(['Add', 'Sub', 'Mul', 'Neg']);
/** How many of them in a row are computed again. */
const AGAIN = 3;
/** What it takes to write a tensor, where to read it takes 1: its lines are read before they are written. */
const WRITING = 2;

export class ComputedAgain {
  /** Of how many operations in a row a value is computed again. */
  readonly #depths = new NodeMap<number>();
  /** The same of values that one loop alone needs: they are computed again only with what is made of them. */
  readonly #within = new Map<Node, number>();
  readonly #users: ReadonlyNodeMap<readonly Node[]>;
  /** Whether a value has to be in memory, whatever uses it. */
  readonly #isWanted: (node: Node) => boolean;

  constructor(users: ReadonlyNodeMap<readonly Node[]>, isWanted: (node: Node) => boolean) {
    this.#users = users;
    this.#isWanted = isWanted;
  }

  has(node: Node): boolean {
    return this.#depths.has(node);
  }

  /**
   * Takes what is better computed again from what a loop keeps.
   * @param nodes operations of the loop
   * @param isAlike whether an operation may share a loop with them
   */
  take(nodes: readonly Node[], kept: Set<Node>, isAlike: (user: Node) => boolean): void {
    const own = new Set(nodes);
    const isThere = (input: Node) => !own.has(input) || kept.has(input) || this.#depthOf(input) > 0;
    const isLooped = (node: Node) =>
      this.#users.get(node)!.every((user) => user.op in combinations || isAlike(user));
    for (const node of nodes) {
      if (!cheap.has(node.op) || !node.inputs.every(isThere)) continue;
      const depth = 1 + Math.max(...node.inputs.map((input) => this.#depthOf(input)));
      if (depth > AGAIN) continue;
      if (!kept.has(node)) this.#within.set(node, depth);
      else if (!this.#isWanted(node) && isLooped(node) && this.#isWorthIt(node)) {
        this.#add(node, depth);
        kept.delete(node);
      }
    }
    this.#within.clear();
  }

  #depthOf(node: Node): number {
    return this.#depths.get(node) ?? this.#within.get(node) ?? 0;
  }

  #add(node: Node, depth: number): void {
    this.#depths.set(node, depth);
    for (const input of node.inputs) {
      const inside = this.#within.get(input);
      if (inside !== undefined && !this.has(input)) this.#add(input, inside);
    }
  }

  /** Whether what users would read more, each in a loop of its own, takes no longer than to write the value once and read it. */
  #isWorthIt(node: Node): boolean {
    const size = sizeOf(node.shape);
    const users = this.#users.get(node)!;
    const sources = this.#sources(node.inputs, size);
    let more = 0;
    for (const { inputs } of users) {
      const others = inputs.filter((input) => input !== node);
      const there = this.#sources(others, size);
      for (const source of sources) if (!there.has(source)) more++;
    }
    return more <= WRITING + users.length;
  }

  /** The tensors of that size from which nodes are computed, or computed again. */
  #sources(nodes: readonly Node[], size: number, found = new Set<Node>()): Set<Node> {
    for (const node of nodes) {
      if (sizeOf(node.shape) !== size) continue;
      if (this.#depthOf(node) > 0) this.#sources(node.inputs, size, found);
      else found.add(node);
    }
    return found;
  }
}
