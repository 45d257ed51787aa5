import { assert, BoundedMap } from '@ioi/basis';
import { canonicalJson } from '@ioi/canon';
import type { HeadChange, HeadKey, View } from '@ioi/protocol';

/** One string per head, unambiguous because a class never holds a NUL. */
export function headName(key: HeadKey): string {
  return `${key.headClass}\u0000${key.id}`;
}

/** A head as stores keep it: canonical text of its value, undefined when it is gone. */
export type HeadText = {
  readonly headClass: string;
  readonly id: string;
  /** Log position of the entry that changed it last. */
  readonly seq: number;
  readonly value: string | undefined;
};

export function headChangeOf({ headClass, id, seq, value }: HeadText): HeadChange {
  const key = { headClass, id };
  return { key, value: value === undefined ? undefined : JSON.parse(value), seq: BigInt(seq) };
}

export function headTextOf({ key: { headClass, id }, value, seq }: HeadChange): HeadText {
  const text = value === undefined ? undefined : canonicalJson(value);
  assert(text?.ok !== false, 'heads have a canonical form');
  return { headClass, id, seq: Number(seq ?? 0n), value: text?.value };
}

/** Heads, and when they last changed. */
export type Heads = View & {
  /**
   * Log position of the last change of an object, or of anything of its class; undefined when
   * there was none. For an object that is not there it answers for its class: layers forget
   * objects, and must not differ.
   */
  changedAt(headClass: string, id?: string): bigint | undefined;
  /** As `get` does, by the name of the key: layers hand it down instead of each making it. */
  named?<T>(name: string, key: HeadKey): T | undefined;
};

function namedIn<T>(heads: Heads, name: string, key: HeadKey): T | undefined {
  return heads.named === undefined ? heads.get<T>(key) : heads.named<T>(name, key);
}

/** The last change of every class and object that a layer of heads knows of. */
class ChangeTimes {
  readonly #classes = new Map<string, bigint>();

  /** Changes may come in any order. */
  note({ key: { headClass }, seq }: HeadChange): void {
    const known = this.#classes.get(headClass);
    if (seq !== undefined && (known === undefined || seq > known)) {
      this.#classes.set(headClass, seq);
    }
  }

  of(headClass: string): bigint | undefined {
    return this.#classes.get(headClass);
  }
}

/**
 * Heads as changed by work that is not durable yet, over heads that are. Layers stack: a batch
 * over a prepared batch over the store.
 */
export class HeadOverlay implements Heads {
  #below: Heads;
  readonly #changes = new Map<string, HeadChange>();
  readonly #times = new ChangeTimes();

  constructor(below: Heads) {
    this.#below = below;
  }

  get<T>(key: HeadKey): T | undefined {
    // Most layers of one operation change nothing before they are read: then no name is needed.
    if (this.#changes.size === 0) return this.#below.get<T>(key);
    return this.named(headName(key), key);
  }

  named<T>(name: string, key: HeadKey): T | undefined {
    const change = this.#changes.get(name);
    return change ? (change.value as T | undefined) : namedIn<T>(this.#below, name, key);
  }

  changedAt(headClass: string, id?: string): bigint | undefined {
    if (id !== undefined) {
      const key = { headClass, id };
      const change = this.#changes.get(headName(key));
      if (change?.value !== undefined) return change.seq;
      const isBelow = change === undefined && this.#below.get(key) !== undefined;
      if (isBelow) return this.#below.changedAt(headClass, id);
    }
    return this.#times.of(headClass) ?? this.#below.changedAt(headClass);
  }

  /** Stands on other heads from here on: those below that took in what it was based on. */
  rebase(below: Heads): void {
    this.#below = below;
  }

  apply(changes: readonly HeadChange[]): void {
    for (const change of changes) {
      this.#changes.set(headName(change.key), change);
      this.#times.note(change);
    }
  }

  /** Last change of every key, in the order the keys were first changed. */
  changes(): HeadChange[] {
    return [...this.#changes.values()];
  }
}

/** Every current head in memory: what a replay folds into. */
export class HeadMap implements Heads {
  readonly #heads = new Map<string, HeadChange>();
  readonly #times = new ChangeTimes();

  get<T>(key: HeadKey): T | undefined {
    return this.#heads.get(headName(key))?.value as T | undefined;
  }

  changedAt(headClass: string, id?: string): bigint | undefined {
    const head = id === undefined ? undefined : this.#heads.get(headName({ headClass, id }));
    return head?.seq ?? this.#times.of(headClass);
  }

  apply(changes: readonly HeadChange[]): void {
    for (const change of changes) {
      this.#times.note(change);
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

/** Every current head in memory, as text: less to hold and to walk than values, slower to read. */
export class HeadTexts implements Heads {
  readonly #heads = new Map<string, HeadText>();
  readonly #classSeqs = new Map<string, number>();

  get<T>(key: HeadKey): T | undefined {
    const text = this.#heads.get(headName(key))?.value;
    return text === undefined ? undefined : (JSON.parse(text) as T);
  }

  changedAt(headClass: string, id?: string): bigint | undefined {
    const head = id === undefined ? undefined : this.#heads.get(headName({ headClass, id }));
    const seq = head?.seq ?? this.#classSeqs.get(headClass);
    return seq === undefined ? undefined : BigInt(seq);
  }

  apply(changes: readonly HeadText[]): void {
    for (const change of changes) {
      const { headClass, seq } = change;
      this.#classSeqs.set(headClass, Math.max(seq, this.#classSeqs.get(headClass) ?? 0));
      const name = headName(change);
      if (change.value === undefined) this.#heads.delete(name);
      else this.#heads.set(name, change);
    }
  }

  /** In the order the keys were first set. */
  all(): IterableIterator<HeadText> {
    return this.#heads.values();
  }
}

/**
 * Recently used heads of a store, kept as values, and which are not there; whoever writes the store
 * applies the changes.
 */
export class HeadCache implements Heads {
  readonly #below: Heads;
  readonly #held: BoundedMap<string, { readonly value: unknown }>;

  constructor(below: Heads, limit: number) {
    this.#below = below;
    this.#held = new BoundedMap(limit);
  }

  get<T>(key: HeadKey): T | undefined {
    return this.named(headName(key), key);
  }

  named<T>(name: string, key: HeadKey): T | undefined {
    const held = this.#held.get(name);
    if (held) return held.value as T | undefined;
    const value = namedIn<T>(this.#below, name, key);
    this.#held.set(name, { value });
    return value;
  }

  changedAt(headClass: string, id?: string): bigint | undefined {
    return this.#below.changedAt(headClass, id);
  }

  apply(changes: readonly HeadChange[]): void {
    for (const { key, value } of changes) this.#held.set(headName(key), { value });
  }
}

/** Heads of which only the values are known: for layers inside a module. */
export function timeless(view: View): Heads {
  return { get: (key) => view.get(key), changedAt: () => undefined };
}

const FEW_KEYS = 8;

/** A view that refuses undeclared reads: an operation's conflict set is what it declared. */
export function declaredView(view: View, keys: readonly HeadKey[]): View {
  // Mostly few keys are declared: looking at each is quicker than making a set of names.
  const names = keys.length > FEW_KEYS ? new Set(keys.map(headName)) : undefined;
  const isDeclared = (key: HeadKey): boolean =>
    names?.has(headName(key)) ??
    keys.some(({ headClass, id }) => id === key.id && headClass === key.headClass);
  return {
    get<T>(key: HeadKey): T | undefined {
      if (!isDeclared(key)) {
        throw new Error(`undeclared read of ${key.headClass}/${key.id}`);
      }
      return view.get<T>(key);
    },
  };
}

export const emptyView: Heads = { get: () => undefined, changedAt: () => undefined };
