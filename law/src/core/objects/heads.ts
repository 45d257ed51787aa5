import type { Digest } from '@ioi/canon';
import type {
  ConstraintDefinitionEnvelope,
  HeadKey,
  InvariantCheckEnvelope,
  InvariantDefinition,
  TransformStep,
} from '@ioi/protocol';
import type { JsonObject } from './pointer.ts';

/** Objects of the module, by class. Values are plain JSON: they stand in the state tree. */
export type ObjectHead = {
  /** Counts the writes since the object was created, from 1. */
  readonly version: string;
  readonly schema_version: string;
  readonly value: JsonObject;
  readonly created_seq: string;
  readonly updated_seq: string;
  /** What a running migration took it from; without meaning once the migration is over. */
  readonly original?: { readonly schema_version: string; readonly value: JsonObject };
};

/** What the objects of one version of a class must be. */
export type ClassForm = {
  readonly schema_version: string;
  readonly schema: JsonObject;
  readonly constraints: readonly ConstraintDefinitionEnvelope[];
};

/** A number kept over all objects of a class, or over those whose field has one value. */
export type Aggregate = {
  readonly measure: 'count' | 'sum';
  readonly pointer?: string;
  readonly where?: { readonly pointer: string; readonly equals: string };
};

export type Migration = {
  readonly migration_id: string;
  /** `back` while it is being rolled back: then the earlier form is the one to reach. */
  readonly direction: 'forward' | 'back';
  /** The form of objects that are not there yet. */
  readonly source: ClassForm;
  readonly transform: readonly TransformStep[];
};

export type ClassDefinition = ClassForm & {
  /** Who defined it: a key, or the channel. */
  readonly owner: 'channel' | Digest;
  readonly owner_only: readonly string[];
  readonly aggregates: readonly Aggregate[];
  readonly invariants: readonly string[];
  /** Foreign references from any class to this one. */
  readonly referenced_by: readonly {
    readonly constraint_id: string;
    readonly enforcement_mode: 'immediate' | 'deferred';
  }[];
  readonly migration?: Migration;
};

/** `definition_hash` is the digest of the rest: compiled definitions are cached under it. */
export type ClassHead = ClassDefinition & { readonly definition_hash: Digest };

/** An id once used stays used, so that what an index kept for it means nothing else later. */
export type ConstraintHead = {
  readonly object_class: string;
  readonly state: 'active' | 'dropped';
};

export type InvariantHead = {
  readonly definition: InvariantDefinition;
  readonly state: 'active' | 'dropped';
  readonly definition_hash: Digest;
  readonly last_check?: { readonly check: InvariantCheckEnvelope; readonly seq: string };
};

export type MigrationHead = {
  readonly object_class: string;
  readonly state: 'running' | 'rolling_back' | 'committed' | 'rolled_back';
  readonly from_schema_version: string;
  readonly to_schema_version: string;
  readonly proposed_seq: string;
};

/** A kept number, exact; absent when it is zero. */
export type TallyHead = { readonly total: string };
export type UniqueHead = { readonly id: string };
export type Range = { readonly from: string; readonly to: string };
/** Sorted by `from`. */
export type RangesHead = { readonly ranges: readonly (Range & { readonly id: string })[] };

export const COUNT: Aggregate = { measure: 'count' };
/** Names of tallies of a class: its aggregates by their canonical text, and this one. */
export const COUNT_ID = '{"measure":"count"}';
export const BEHIND_ID = 'behind';

export const keys = {
  objectClass: (name: string): HeadKey => ({ headClass: 'class', id: name }),
  object: (name: string, id: string): HeadKey => ({ headClass: `object.${name}`, id }),
  tally: (name: string, id: string): HeadKey => ({ headClass: `tally.${name}`, id }),
  constraint: (id: string): HeadKey => ({ headClass: 'constraint', id }),
  unique: (id: string, key: string): HeadKey => ({ headClass: `unique.${id}`, id: key }),
  ranges: (id: string, key: string): HeadKey => ({ headClass: `ranges.${id}`, id: key }),
  references: (id: string, target: string): HeadKey => ({
    headClass: `references.${id}`,
    id: target,
  }),
  group: (id: string, key: string): HeadKey => ({ headClass: `group.${id}`, id: key }),
  invariant: (id: string): HeadKey => ({ headClass: 'invariant', id }),
  migration: (id: string): HeadKey => ({ headClass: 'migration', id }),
  reference: (id: string): HeadKey => ({ headClass: 'reference', id }),
  artifact: (id: string): HeadKey => ({ headClass: 'artifact', id }),
} as const;
