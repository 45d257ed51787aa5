/** Files of one folder, kept in another place under the same names. Faults by name. */
export type Remote = {
  /** There, and read again, when it is done. */
  store(file: string): Promise<void>;
  /** In the folder again, on disk, when it is done. */
  recall(file: string, bytes: number): Promise<void>;
  /** The same for whoever cannot wait otherwise: nothing else is done meanwhile. */
  recallNow(file: string, bytes: number): void;
  /** Not there any more, whether or not it was. */
  remove(file: string): Promise<void>;
  close(): Promise<void>;
};

/** How long contents stand where. */
export type RemoteAbout = {
  /** Which place it is: what stands there is found nowhere else. */
  readonly place: string;
  readonly spoolBytes: number;
  readonly localBytes: number;
  readonly isHomeward: boolean;
};

/** Of long contents: how many are where, and why no more are there. */
export type RemoteTotals = {
  readonly place: string;
  readonly isHomeward: boolean;
  /** Written there and read again. */
  readonly stored: Amount;
  /** Here, to be written there. */
  readonly waiting: Amount;
  /** Of the stored ones, those that stand here as well. */
  readonly local: Amount;
  /** Destroyed here, to be removed there. */
  readonly doomed: number;
  readonly spoolBytes: number;
  readonly trouble?: RemoteTrouble;
};

export type Amount = { readonly count: number; readonly bytes: number };

/** `since` in milliseconds since 1970. */
export type RemoteTrouble = {
  readonly code: string;
  readonly message: string;
  readonly since: number;
};
