import Type from 'typebox';
import { artifact } from './artifact.ts';
import { ConstraintDefinitionEnvelope, ConstraintId } from './constraint-definition-envelope.ts';
import { FieldName, ObjectClass, ObjectId } from './object-operations.ts';
import { closed, DomainId, JsonObject, OperationRef, referenceTo, Semver } from './primitives.ts';

const SOURCE = 'whitepaper B.4';
const MigrationId = Type.String({ pattern: '^mig_[a-z0-9_]{1,64}$' });

/** Steps over the fields of the object itself, in order. */
export const TransformStep = Type.Union([
  Type.Object({ op: Type.Literal('rename'), from: FieldName, to: FieldName }, closed),
  Type.Object({ op: Type.Literal('copy'), from: FieldName, to: FieldName }, closed),
  Type.Object({ op: Type.Literal('drop'), field: FieldName }, closed),
  Type.Object({ op: Type.Literal('add'), field: FieldName, value: Type.Unknown() }, closed),
  Type.Object(
    {
      op: Type.Literal('convert'),
      field: FieldName,
      to: Type.Union([Type.Literal('integer'), Type.Literal('text'), Type.Literal('decimal')]),
    },
    closed,
  ),
]);

const versions = { from_schema_version: Semver, to_schema_version: Semver };
const plans = {
  backfill_plan_ref: referenceTo('plan'),
  rollback_plan_ref: referenceTo('plan'),
};
const migration = {
  migration_id: 'mig_cents',
  domain_id: 'agentgres://domain/market',
  from_schema_version: '1.0.0',
  to_schema_version: '2.0.0',
  backfill_plan_ref: 'plan://market/cents',
  rollback_plan_ref: 'plan://market/cents-back',
};

export const ProposeMigration = artifact({
  name: 'ProposeMigration',
  source: SOURCE,
  summary:
    'Payload of `objects/migration.propose`: the next schema of a class, how objects get there, ' +
    'and which constraints come and go with it. From here on writes must fit the next schema.',
  artifactClass: 'enforceable',
  schema: Type.Object(
    {
      migration_id: MigrationId,
      domain_id: DomainId,
      object_class: ObjectClass,
      ...versions,
      schema: JsonObject,
      transform: Type.Array(TransformStep, { maxItems: 64 }),
      constraints: Type.Array(ConstraintDefinitionEnvelope.schema, { maxItems: 16 }),
      dropped_constraint_ids: Type.Array(ConstraintId, { maxItems: 16 }),
      ...plans,
    },
    closed,
  ),
  examples: [
    {
      ...migration,
      object_class: 'Service',
      schema: { type: 'object', fields: { title: { type: 'text' } } },
      transform: [{ op: 'rename', from: 'name', to: 'title' }],
      constraints: [],
      dropped_constraint_ids: [],
    },
  ],
  refused: [{ why: 'no schema', value: { ...migration, object_class: 'Service' } }],
});

const objectIds = Type.Array(ObjectId, { maxItems: 32 });

export const BackfillMigration = artifact({
  name: 'BackfillMigration',
  source: SOURCE,
  summary: 'Payload of `objects/migration.backfill`: objects to bring to the next schema.',
  artifactClass: 'enforceable',
  schema: Type.Object({ migration_id: MigrationId, object_ids: objectIds }, closed),
  examples: [{ migration_id: 'mig_cents', object_ids: ['svc_1'] }],
  refused: [{ why: 'no migration', value: { object_ids: ['svc_1'] } }],
});

export const RollbackMigration = artifact({
  name: 'RollbackMigration',
  source: SOURCE,
  summary:
    'Payload of `objects/migration.rollback`: turns the migration round and brings objects back ' +
    'to what they were. It is over when the last one is back.',
  artifactClass: 'enforceable',
  schema: Type.Object({ migration_id: MigrationId, object_ids: objectIds }, closed),
  examples: [{ migration_id: 'mig_cents', object_ids: [] }],
  refused: [{ why: 'no ids', value: { migration_id: 'mig_cents' } }],
});

export const SchemaMigrationEnvelope = artifact({
  name: 'SchemaMigrationEnvelope',
  source: SOURCE,
  summary:
    'Payload of `objects/migration.commit`: refused until no object is left at the old version.',
  artifactClass: 'enforceable',
  schema: Type.Object(
    {
      migration_id: MigrationId,
      domain_id: DomainId,
      ...versions,
      proposed_operation_ref: OperationRef,
      validation_receipt_refs: Type.Array(referenceTo('receipt'), { maxItems: 64 }),
      ...plans,
      projection_rebuild_refs: Type.Array(referenceTo('projection'), { maxItems: 64 }),
      committed_operation_ref: OperationRef,
    },
    closed,
  ),
  examples: [
    {
      ...migration,
      proposed_operation_ref: `op://op_${'3d'.repeat(16)}`,
      validation_receipt_refs: [`receipt://${'5e'.repeat(16)}`],
      projection_rebuild_refs: ['projection://market/services'],
      committed_operation_ref: `op://op_${'4d'.repeat(16)}`,
    },
  ],
  refused: [{ why: 'no proposing operation', value: migration }],
});
