/** What the tree thread starts with. */
export type TreeData = {
  /** Holds log.db. */
  readonly folder: string;
  readonly size: number;
  /** Memory of the chunk hashes, when the log is hashed as well. */
  readonly shared: SharedArrayBuffer | undefined;
};

/** Commits to be taken into the state tree: changes as bytes, one after the other. */
export type TreeWork = {
  readonly changes: Uint8Array<ArrayBuffer>;
  readonly commits: readonly {
    /** Where its changes end in the bytes. */
    readonly end: number;
    readonly size: number;
    /** That the tree must then have. */
    readonly stateRoot: string;
  }[];
};

export type TreeAnswer =
  /** One piece of work was taken. */
  | { readonly kind: 'taken' }
  /** The tree after the commit that ends at `size` is another. */
  | { readonly kind: 'differs'; readonly size: number; readonly found: string }
  | { readonly kind: 'fault'; readonly code: string; readonly message: string };
