import type {
  ArtifactEnvelope,
  ConstraintDefinitionEnvelope,
  CrossDomainRefEnvelope,
  InvariantCheckEnvelope,
  InvariantDefinition,
} from '@ioi/protocol';
import type { Aggregate, ClassDefinition, ClassForm, Migration, Range } from './heads.ts';
import type { JsonObject } from './pointer.ts';

/**
 * What a write changes beside its object. `tally` adds to a kept number; `unique` claims or lets
 * go of a key; `range` sets, or without a range takes out, what the object holds under a key.
 */
export type IndexChange =
  | {
      readonly index: 'tally';
      readonly head_class: string;
      readonly id: string;
      readonly by: string;
    }
  | {
      readonly index: 'unique';
      readonly head_class: string;
      readonly id: string;
      readonly claims: boolean;
    }
  | {
      readonly index: 'range';
      readonly head_class: string;
      readonly id: string;
      readonly range?: Range;
    };

/** A foreign reference comes into being or ends: its target counts it or no longer does. */
export type ReferenceChange = {
  readonly constraint_id: string;
  readonly enforcement_mode: 'immediate' | 'deferred';
  readonly target_class: string;
};

/** What object operations bring about. Each says all of it: projections fold events alone. */
export type ObjectEvent =
  | {
      readonly type: 'class.defined';
      readonly object_class: string;
      readonly definition: ClassDefinition;
    }
  | {
      readonly type: 'object.put';
      readonly object_class: string;
      readonly id: string;
      readonly version: string;
      readonly schema_version: string;
      readonly value: JsonObject;
      /** A migration runs: what the object was before it is kept. */
      readonly keeps_original?: true;
      readonly indexes: readonly IndexChange[];
    }
  | {
      readonly type: 'object.deleted';
      readonly object_class: string;
      readonly id: string;
      /** The last version it had. */
      readonly version: string;
      readonly indexes: readonly IndexChange[];
    }
  | {
      readonly type: 'constraint.defined';
      readonly constraint: ConstraintDefinitionEnvelope;
      readonly indexes: readonly IndexChange[];
      readonly reference?: ReferenceChange;
    }
  | {
      readonly type: 'constraint.dropped';
      readonly constraint_id: string;
      readonly object_class: string;
      readonly reference?: ReferenceChange;
    }
  | {
      readonly type: 'invariant.defined';
      readonly invariant: InvariantDefinition;
      readonly aggregates: readonly {
        readonly object_class: string;
        readonly aggregate: Aggregate;
      }[];
    }
  | {
      readonly type: 'invariant.dropped';
      readonly invariant_id: string;
      readonly object_classes: readonly string[];
    }
  | { readonly type: 'invariant.checked'; readonly check: InvariantCheckEnvelope }
  | {
      readonly type: 'migration.proposed';
      readonly migration_id: string;
      readonly object_class: string;
      readonly from_schema_version: string;
      readonly form: ClassForm;
      readonly transform: Migration['transform'];
      /** How many objects have to get there. */
      readonly behind: string;
      readonly backfill_plan_ref: string;
      readonly rollback_plan_ref: string;
      readonly new_constraint_ids: readonly string[];
      readonly references: readonly ReferenceChange[];
    }
  | {
      readonly type: 'migration.turned';
      readonly migration_id: string;
      readonly object_class: string;
      /** How many objects have to get back. */
      readonly behind: string;
    }
  | {
      readonly type: 'migration.committed' | 'migration.rolled_back';
      readonly migration_id: string;
      readonly object_class: string;
      readonly dropped_constraint_ids: readonly string[];
      readonly references: readonly ReferenceChange[];
      readonly projection_rebuild_refs?: readonly string[];
      readonly validation_receipt_refs?: readonly string[];
    }
  | { readonly type: 'reference.bound'; readonly reference: CrossDomainRefEnvelope }
  | { readonly type: 'artifact.attached'; readonly artifact: ArtifactEnvelope };

export type EventOf<T extends ObjectEvent['type']> = Extract<ObjectEvent, { type: T }>;
