import type { ClusterAnswer, ClusterJob } from './cluster.ts';
import type { OwnerIdentity } from './types.ts';

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
        readonly owner: OwnerSource;
        /** What was listed of the backup file it came from, as its guardian signed it. */
        readonly contents?: string;
        /** Entries the guardian before is known to have sealed. */
        readonly known_size?: string;
        /** A checkpoint of its log that was kept elsewhere. */
        readonly remembered?: string;
      })
  | ({ readonly kind: 'handover' } & TakingOver & {
        readonly passphrase: string;
        /** Copy the log too: another machine goes on with it. */
        readonly withLog: boolean;
      })
  | ({ readonly kind: 'backup' } & NodeFolders & {
        /** A private folder: the export in it is `log.ioi`, and these go along from it. */
        readonly staging: string;
        readonly along: readonly string[];
        /** A new file. */
        readonly to: string;
      })
  | {
      readonly kind: 'unseal';
      readonly backup: string;
      readonly owner: OwnerSource;
      /** A new folder. */
      readonly into: string;
    }
  | {
      readonly kind: 'seal_archive';
      /** An export. */
      readonly plain: string;
      readonly recipient: Pick<OwnerIdentity, 'did' | 'agreement_key'>;
      readonly archive_id: string;
      /** Files that go in behind it, each with the digest that it has to have. */
      readonly parts?: readonly (ArchivePart & { readonly path: string })[];
      /** A new file. */
      readonly to: string;
    }
  | {
      readonly kind: 'open_archive';
      readonly archive: string;
      readonly archive_id: string;
      readonly owner: OwnerSource;
      /** A new file. */
      readonly into: string;
      /** A folder for its parts, each under its SHA-256 in hex; without it they are checked. */
      readonly parts_into?: string;
    }
  | ClusterJob;

/** How somebody shows that they are the owner. */
export type OwnerSource =
  /** The passphrase is a new one, for the key file that is made. */
  | { readonly kind: 'phrase'; readonly phrase: string; readonly passphrase: string }
  | { readonly kind: 'key_file'; readonly path: string; readonly passphrase: string };

/** Where a stopped node keeps what it has; the folders may be missing or damaged. */
export type NodeFolders = { readonly guardian: string; readonly data: string };

type TakingOver = NodeFolders & {
  /** A new folder: `guardian` and `data` of the node that takes over are made in it. */
  readonly into: string;
};

export type RecoveryAnswer =
  | { readonly kind: 'progress'; readonly done: number; readonly of: number }
  | { readonly kind: 'surveyed'; readonly survey: BackupSurvey }
  | { readonly kind: 'made'; readonly takeover: Takeover }
  | { readonly kind: 'sealed'; readonly backup: SealedBackup }
  | { readonly kind: 'opened'; readonly backup: OpenedBackup }
  | { readonly kind: 'archive_sealed'; readonly archive: SealedArchive }
  | { readonly kind: 'archive_opened'; readonly archive: OpenedArchive }
  | ClusterAnswer
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
  /** Packages of workers that are other bytes than those their owner signed for. */
  readonly packages_damaged?: readonly string[];
  /** Where entries from `size` on are known to be lost: up to this one. */
  readonly known_size?: string;
};

/** Contents whose sealed bytes stand in a bucket alone. A backup has their index and keys. */
export type AwayContents = {
  /** Endpoint, bucket and prefix. */
  readonly place: string;
  readonly count: number;
  readonly bytes: number;
  /** The first thousand, in order. */
  readonly digests: readonly string[];
};

/** A backup file as it was written. */
export type SealedBackup = {
  readonly bytes: number;
  readonly sha256: string;
  readonly parts: number;
  readonly did: string;
  readonly away?: AwayContents;
};

export type OpenedBackup = {
  readonly did: string;
  readonly madeAt: string;
  readonly parts: number;
  readonly away?: Omit<AwayContents, 'digests'>;
};

/** An archive as it was written. */
export type SealedArchive = { readonly bytes: number; readonly sha256: string };

/** What goes into an archive behind the export: SHA-256 in hex, and how many bytes. */
export type ArchivePart = { readonly sha256: string; readonly bytes: number };

/** What was sealed in it, and who showed that it is theirs; no parts where it has no list. */
export type OpenedArchive = {
  readonly bytes: number;
  readonly did: string;
  readonly parts?: readonly ArchivePart[];
};
