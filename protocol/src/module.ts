import type { Result } from '@ioi/basis';
import type { Digest } from '@ioi/canon';

/**
 * The module contract (design section 4): pure and synchronous. The same code admits an
 * operation in the guardian, folds it in the store and replays it in the verifier.
 */
export type HeadKey = { readonly headClass: string; readonly id: string };

/** `height` counts commits; `chainTime` is the only time a module sees. */
export type Stamp = {
  readonly seq: bigint;
  readonly height: bigint;
  readonly chainTime: bigint;
  readonly moduleHash: Digest;
};

/** Heads as the operation sees them. `get` asserts that the key was declared in `reads`. */
export type View = { get<T>(key: HeadKey): T | undefined };

/** What the host fetches and verifies before `decide`; recorded with the operation. */
export type Need =
  /** Kept by whoever decides. */
  | { readonly kind: 'payload'; readonly digest: Digest }
  /** Looked at for this decision and kept by nobody who decides. */
  | { readonly kind: 'content'; readonly digest: Digest }
  | { readonly kind: 'signature'; readonly keyId: Digest }
  | { readonly kind: 'foreign_head'; readonly domain: string; readonly key: HeadKey }
  | { readonly kind: 'grant'; readonly grantId: string };

export type Evidence = {
  /** Bytes by digest, already checked against it; undefined when the host does not hold them. */
  payload(digest: Digest): Uint8Array | undefined;
  /** Which patterns a text is taken to match that was forgotten; only a verifier assumes. */
  readonly assumed?: (pattern: string) => boolean;
};

export type HeadChange = {
  readonly key: HeadKey;
  readonly value: unknown | undefined;
  /** Log position of the entry that made it; a module does not say. */
  readonly seq?: bigint;
};

export type Rejection = { readonly code: string; readonly message: string };

/** Who an operation comes from, as checked before it is decided. */
export type Author =
  /** The node's own channel. */
  | { readonly kind: 'channel' }
  | { readonly kind: 'guardian' }
  /** A key the domain knows, by a signature of its own or over a batch. */
  | { readonly kind: 'key'; readonly keyId: Digest };

export type DecideContext = {
  readonly view: View;
  readonly evidence: Evidence;
  readonly at: Stamp;
  readonly author: Author;
};

export type Operation<P, E> = {
  /** Who may speak it; anyone else is refused before it is decided. */
  readonly authors: readonly Author['kind'][];
  /** Refuses payloads of the wrong shape; mints P. */
  readonly accepts: (payload: unknown) => payload is P;
  /**
   * Closed and bounded: the conflict set. The view is there for definitions that say what else
   * is read, such as the constraints of a class.
   */
  readonly reads: (payload: P, view: View) => readonly HeadKey[];
  readonly needs: (payload: P, view: View) => readonly Need[];
  readonly decide: (payload: P, context: DecideContext) => Result<readonly E[], Rejection>;
  /**
   * Works out with pauses what `decide` would otherwise take long for, so that whoever decides can
   * do something else meanwhile. It changes nothing that `decide` says.
   */
  readonly ahead?: (payload: P, context: AheadContext) => Generator<undefined, void>;
};

export type AheadContext = Pick<DecideContext, 'view' | 'evidence'>;

/** An operation by name: whoever holds it checks `accepts` before anything else. */
export type NamedOperation<E> = Omit<Operation<unknown, E>, 'accepts'> & {
  readonly accepts: (payload: unknown) => boolean;
};

export type Module<E> = {
  readonly name: string;
  readonly version: string;
  readonly moduleHash: Digest;
  /** Largest number of objects a class may hold; undefined when only the disk bounds it. */
  readonly classes: Readonly<Record<string, { readonly limit: number | undefined }>>;
  readonly operations: Readonly<Record<string, NamedOperation<E>>>;
  /** Keys an event changes; `evolve` reads no others. */
  readonly touches: (event: E) => readonly HeadKey[];
  readonly evolve: (view: View, event: E, at: Stamp) => readonly HeadChange[];
};
