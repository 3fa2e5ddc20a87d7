/** @file What is known of the nodes of a graph. Its methods are those of a Map, but their numbers find nodes: that is faster, by far for a new node. */
import type { Node } from './graph.ts';

export interface ReadonlyNodeMap<T> {
  get(node: Node): T | undefined;
  has(node: Node): boolean;
}

/** Of nodes of one graph; a value is never undefined. */
export class NodeMap<T> implements ReadonlyNodeMap<T> {
  readonly #values: (T | undefined)[] = [];

  get({ id }: Node): T | undefined {
    return this.#values[id];
  }

  has({ id }: Node): boolean {
    return this.#values[id] !== undefined;
  }

  set({ id }: Node, value: T): void {
    // Without holes, which are slow to fill.
    while (this.#values.length <= id) this.#values.push(undefined);
    this.#values[id] = value;
  }

  delete({ id }: Node): void {
    if (id < this.#values.length) this.#values[id] = undefined;
  }
}

/** Who uses a node, in their order, a user as often as it does. */
export function usersOf(live: readonly Node[]): NodeMap<Node[]> {
  const users = new NodeMap<Node[]>();
  for (const node of live) {
    for (const input of node.inputs) {
      const list = users.get(input);
      if (list) list.push(node);
      else users.set(input, [node]);
    }
  }
  return users;
}
