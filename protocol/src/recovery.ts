/**
 * What the recovery process is asked on its standard input, as one JSON text, and what it answers
 * on its standard output, one JSON text a line: progress, and then one of the others.
 */
export type RecoveryJob =
  | ({ readonly kind: 'survey' } & NodeFolders & {
        /** Signed note of the backup. */
        readonly checkpoint: string;
      })
  | ({ readonly kind: 'restore' } & TakingOver & {
        /** An export that was verified. */
        readonly backup: string;
        readonly ownerKeyFile: string;
      })
  | ({ readonly kind: 'handover' } & TakingOver & {
        /** Copy the log too: another machine goes on with it. */
        readonly withLog: boolean;
      });

/** Where a stopped node keeps what it has; the folders may be missing or damaged. */
export type NodeFolders = { readonly guardian: string; readonly data: string };

type TakingOver = NodeFolders & {
  /** A new folder: `guardian` and `data` of the node that takes over are made in it. */
  readonly into: string;
  readonly passphrase: string;
};

export type RecoveryAnswer =
  | { readonly kind: 'progress'; readonly done: number; readonly of: number }
  | { readonly kind: 'surveyed'; readonly survey: BackupSurvey }
  | { readonly kind: 'made'; readonly takeover: Takeover }
  | { readonly kind: 'refused'; readonly code: string; readonly message: string };

/** What stands here, against a backup. */
export type BackupSurvey = {
  /** The node whose guardian is here, and how many entries it sealed. */
  readonly here?: { readonly node_id: string; readonly size: number; readonly epoch: string };
  /** Why nothing is known of what stands here although something does. */
  readonly unreadable?: string;
  /** Whether the log here begins as the backup does; unknown without a log. */
  readonly begins?: boolean;
  /** Sealed entries that the backup does not have: how many, and the first of them. */
  readonly missing: number;
  readonly entries: readonly MissingEntry[];
};

export type MissingEntry = {
  readonly seq: string;
  readonly chain_time: string;
  readonly operation: string;
};

/** A guardian that is ready to take a log over. */
export type Takeover = {
  readonly node_id: string;
  readonly epoch: string;
  readonly size: number;
  /** Domains beside the node's own log that go along, and those that could not. */
  readonly domains: readonly string[];
  readonly left: readonly string[];
};
