import type { NodeFolders, OwnerSource, Takeover } from './recovery.ts';
import type { ClusterRoster, HybridPublicKey, SuccessionGrant } from './types.ts';

/** The store that several nodes share, as `store` of node.json names it. */
export type SharedStore = { readonly url: string; readonly schema?: string };

/** Whose turn it is: `term` counts takeovers. */
export type ClusterPlace = { readonly member: string; readonly term: number };

/** A node that wants to stand by, and the key by which it would sign. */
export type MemberRequest = { readonly member: string; readonly public_key: HybridPublicKey };

/** What a node that stands by is given by the one that writes: no secret without its passphrase. */
export type Invitation = {
  readonly format: 'ioi-invitation/1';
  readonly member: string;
  readonly store: SharedStore;
  /** The owner's key file, as the passphrase closes it, and the public account of it. */
  readonly owner_key: string;
  readonly identity: string;
};

/** A replica that wants to bring operations to who writes; no secret. */
export type ReplicaRequest = {
  readonly format: 'ioi-replica-request/1';
  readonly replica: string;
  readonly tls_key: string;
};

/** What becomes of who may speak with whom. */
export type RosterChange =
  | { readonly kind: 'writer'; readonly writer: ClusterRoster['writers'][number] }
  | {
      readonly kind: 'replica';
      readonly replica: ClusterRoster['replicas'][number];
      /** Where the name has another key by now, put this one in its place. */
      readonly replace: boolean;
    }
  | { readonly kind: 'dismissed'; readonly replica: string };

type Shared = { readonly store: SharedStore };

export type ClusterJob =
  /** The key of a member, made where it is to stay. */
  | { readonly kind: 'cluster_key'; readonly member: string; readonly cluster: string }
  | ({ readonly kind: 'cluster_found' } & NodeFolders &
      Shared & {
        readonly own: MemberRequest;
        readonly owner: OwnerSource;
      })
  /** In `cluster` stands the newest grant that this node saw. */
  | ({ readonly kind: 'cluster_admit'; readonly cluster: string } & Shared & {
        readonly guardian: string;
        readonly wanted: MemberRequest;
        readonly owner: OwnerSource;
        /** Where the name has another key by now, put this one in its place. */
        readonly replace: boolean;
      })
  /** In `cluster` stands the newest roster that this node saw. */
  | ({ readonly kind: 'cluster_roster'; readonly cluster: string } & Shared & {
        readonly owner: OwnerSource;
        readonly change: RosterChange;
      })
  | ({ readonly kind: 'cluster_dismiss'; readonly cluster: string } & Shared & {
        readonly member: string;
        readonly owner: OwnerSource;
      })
  /** Returns when it is this member's turn: with what writes from now on in `into`. */
  | ({ readonly kind: 'cluster_stand_by' } & NodeFolders &
      Shared & {
        readonly into: string;
        readonly cluster: string;
        readonly member: string;
        readonly lease_ms?: number;
      })
  | ({ readonly kind: 'cluster_status' } & Shared)
  | ({ readonly kind: 'cluster_step_down'; readonly place: ClusterPlace } & Shared);

export type ClusterAnswer =
  | { readonly kind: 'cluster_key'; readonly own: MemberRequest }
  | { readonly kind: 'cluster_founded'; readonly place: ClusterPlace }
  | {
      readonly kind: 'cluster_admitted';
      readonly invitation: Invitation;
      /** The key that the name had before. */
      readonly replaced?: string;
    }
  | { readonly kind: 'cluster_rostered'; readonly roster: ClusterRoster }
  | { readonly kind: 'cluster_dismissed'; readonly left: readonly string[] }
  /** Somebody else writes; said whenever that changes. */
  | { readonly kind: 'cluster_waits'; readonly writer: string; readonly term: number }
  | { readonly kind: 'cluster_turn'; readonly place: ClusterPlace; readonly takeover?: Takeover }
  | { readonly kind: 'cluster_stood_down'; readonly changed: boolean }
  | { readonly kind: 'cluster'; readonly cluster: ClusterStatus };

/** As the store has it. */
export type ClusterStatus = {
  readonly writer: string;
  readonly term: number;
  readonly beat: number;
  readonly grant?: SuccessionGrant;
  /** As the store has it: whoever acts by it holds it against the owner's key. */
  readonly roster?: ClusterRoster;
  readonly domains: readonly { readonly domain_id: string; readonly size: number }[];
};
