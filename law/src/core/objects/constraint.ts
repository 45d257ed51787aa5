import type { ConstraintDefinitionEnvelope } from '@ioi/protocol';
import type { Exact } from './exact.ts';
import type { Range } from './heads.ts';
import type { Fault, JsonObject } from './pointer.ts';

/**
 * Says what about a write does not hold, undefined when all does. `base` is the object before it,
 * as the form in force would have it; `after` is undefined for a delete.
 */
export type LocalConstraint = {
  readonly definition: ConstraintDefinitionEnvelope;
  readonly violation: (
    base: JsonObject | undefined,
    after: JsonObject | undefined,
    chainTime: bigint,
  ) => Fault | undefined;
};

/** What an object holds in the index of a constraint: a key of one kind. */
export type IndexEntry = { readonly id: string; readonly range?: Range };

export type IndexedConstraint = {
  readonly definition: ConstraintDefinitionEnvelope;
  readonly index: 'unique' | 'range' | 'reference' | 'group';
  /** Where a violation is said to be. */
  readonly pointer: string;
  /** Of a foreign reference. */
  readonly targetClass?: string;
  /** Of a cardinality: how many objects a group may hold. */
  readonly bounds?: { readonly min: Exact; readonly max: Exact | undefined };
  /** Undefined when the object takes no part in it. */
  readonly entry: (value: JsonObject) => IndexEntry | undefined;
  /** Before any entry: what about the value alone does not hold. */
  readonly violation?: (value: JsonObject) => Fault | undefined;
};

export type CompiledConstraints = {
  /** Of what an object is, or of how it changes. */
  readonly local: readonly LocalConstraint[];
  /** Of the same, by Chain Time. */
  readonly timed: readonly LocalConstraint[];
  readonly indexed: readonly IndexedConstraint[];
};
