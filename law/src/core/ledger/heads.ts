import { BoundedMap } from '@ioi/basis';
import type { HeadChange, HeadKey, View } from '@ioi/protocol';

/** One string per head, unambiguous because a class never holds a NUL. */
export function headName(key: HeadKey): string {
  return `${key.headClass}\u0000${key.id}`;
}

/**
 * Heads as changed by work that is not durable yet, over heads that are. Layers stack: a batch
 * over a prepared batch over the store.
 */
export class HeadOverlay implements View {
  readonly #below: View;
  readonly #changes = new Map<string, HeadChange>();

  constructor(below: View) {
    this.#below = below;
  }

  get<T>(key: HeadKey): T | undefined {
    const change = this.#changes.get(headName(key));
    return change ? (change.value as T | undefined) : this.#below.get<T>(key);
  }

  apply(changes: readonly HeadChange[]): void {
    for (const change of changes) this.#changes.set(headName(change.key), change);
  }

  /** Last change of every key, in the order the keys were first changed. */
  changes(): HeadChange[] {
    return [...this.#changes.values()];
  }
}

/** Every current head in memory: what a replay folds into. */
export class HeadMap implements View {
  readonly #heads = new Map<string, HeadChange>();

  get<T>(key: HeadKey): T | undefined {
    return this.#heads.get(headName(key))?.value as T | undefined;
  }

  apply(changes: readonly HeadChange[]): void {
    for (const change of changes) {
      const name = headName(change.key);
      if (change.value === undefined) this.#heads.delete(name);
      else this.#heads.set(name, change);
    }
  }

  /** Current heads of a class. */
  list(headClass: string): HeadChange[] {
    return [...this.#heads.values()].filter(({ key }) => key.headClass === headClass);
  }
}

/** Recently used heads of a store, kept as values; whoever writes the store applies the changes. */
export class HeadCache implements View {
  readonly #below: View;
  readonly #held: BoundedMap<string, { readonly value: unknown }>;

  constructor(below: View, limit: number) {
    this.#below = below;
    this.#held = new BoundedMap(limit);
  }

  get<T>(key: HeadKey): T | undefined {
    const name = headName(key);
    const held = this.#held.get(name);
    if (held) return held.value as T | undefined;
    const value = this.#below.get<T>(key);
    if (value !== undefined) this.#held.set(name, { value });
    return value;
  }

  apply(changes: readonly HeadChange[]): void {
    for (const { key, value } of changes) this.#held.set(headName(key), { value });
  }
}

/** A view that refuses undeclared reads: an operation's conflict set is what it declared. */
export function declaredView(view: View, keys: readonly HeadKey[]): View {
  const declared = new Set(keys.map(headName));
  return {
    get<T>(key: HeadKey): T | undefined {
      if (!declared.has(headName(key))) {
        throw new Error(`undeclared read of ${key.headClass}/${key.id}`);
      }
      return view.get<T>(key);
    },
  };
}

export const emptyView: View = { get: () => undefined };
