/** How to bring the members of one shape of object into canonical order. */
export type Plan = {
  /** The members already come in canonical order. */
  readonly isSorted: boolean;
  /** Member names in canonical order, and for each its position as the object lists it. */
  readonly order: readonly string[];
  readonly from: readonly number[];
  /** False when no object can list its members so: array indices come first, always ascending. */
  readonly isCopyable: boolean;
};

// What a hostile stream of fresh names can make us remember: this many names of this length.
const MAX_SHAPES = 4096;
const MAX_NAME_LENGTH = 64;
const MAX_MEMBERS = 64;
const ARRAY_INDEX = /^(?:0|[1-9][0-9]{0,9})$/;

/** A sequence of member names, as a node of a tree of such sequences. */
export class Shape {
  readonly #parent: Shape | undefined;
  readonly #name: string;
  readonly #length: number;
  #children = new Map<string, Shape>();
  #plan: Plan | undefined;
  // The child taken last is nearly always the one taken next; comparing interned names is free.
  lastName: string | undefined;
  lastChild: Shape | undefined;

  constructor(parent: Shape | undefined, name: string) {
    this.#parent = parent;
    this.#name = name;
    this.#length = parent === undefined ? 0 : parent.#length + 1;
  }

  /** The shape that has `name` as a further member. Remembered only while it stays small. */
  child(name: string, budget: ShapeBudget): Shape {
    let next = this.#children.get(name);
    if (next === undefined) {
      next = new Shape(this, name);
      const isSmall = name.length <= MAX_NAME_LENGTH && this.#length < MAX_MEMBERS;
      if (!isSmall || !budget.take()) return next;
      this.#children.set(name, next);
    }
    this.lastName = name;
    this.lastChild = next;
    return next;
  }

  plan(): Plan {
    this.#plan ??= planFor(this.#names());
    return this.#plan;
  }

  #names(): string[] {
    const names: string[] = [];
    for (let at: Shape = this; at.#parent !== undefined; at = at.#parent) names.push(at.#name);
    return names.reverse();
  }
}

/** Counts what a tree of shapes remembers, and says when to begin a new tree. */
export class ShapeBudget {
  #left = MAX_SHAPES;

  get isSpent(): boolean {
    return this.#left === 0;
  }

  take(): boolean {
    if (this.#left === 0) return false;
    this.#left -= 1;
    return true;
  }
}

function planFor(names: readonly string[]): Plan {
  const from = names.map((_, index) => index);
  // UTF-16 code unit order (RFC 8785 3.2.3) is what the operator compares by.
  from.sort((a, b) => ((names[a] ?? '') < (names[b] ?? '') ? -1 : 1));
  const order = from.map((index) => names[index] ?? '');
  const isSorted = from.every((index, at) => index === at);
  const isCopyable = !names.some((name) => name === '__proto__' || ARRAY_INDEX.test(name));
  return { isSorted, order, from, isCopyable };
}
