/** Finds the sessions of this process that began from a session, directly or not. */
export interface ChildIndex<C extends Child> {
  add(child: C): void;
  remove(child: C): void;
  /** A list of its own: a child that ends leaves the index meanwhile. */
  of(ref: string): readonly C[];
}

interface Child {
  readonly ref: string;
  readonly parents: readonly string[];
}

export function createChildIndex<C extends Child>(): ChildIndex<C> {
  const byParent = new Map<string, Map<string, C>>();
  return {
    add(child) {
      for (const parent of child.parents) {
        const children = byParent.get(parent);
        if (children === undefined) byParent.set(parent, new Map([[child.ref, child]]));
        else children.set(child.ref, child);
      }
    },
    remove(child) {
      for (const parent of child.parents) {
        const children = byParent.get(parent);
        children?.delete(child.ref);
        if (children?.size === 0) byParent.delete(parent);
      }
    },
    of(ref) {
      const children = byParent.get(ref);
      return children === undefined ? none : [...children.values()];
    },
  };
}

const none: readonly never[] = Object.freeze([]);
