import Type from 'typebox';
import { artifact } from './artifact.ts';
import { ObjectClass } from './object-operations.ts';
import { closed, DomainId, JsonObject, ShortText } from './primitives.ts';

export const ConstraintId = Type.String({ pattern: '^con_[a-z0-9_]{1,64}$' });

export const ConstraintDefinitionEnvelope = artifact({
  name: 'ConstraintDefinitionEnvelope',
  source: 'whitepaper B.4',
  summary:
    'Payload of `objects/constraint.define`. What `expression` holds follows from ' +
    '`constraint_type`; see the rules of `law`. A deferred constraint is checked at the end of a ' +
    'transact; outside one both modes are the same.',
  artifactClass: 'enforceable',
  schema: Type.Object(
    {
      constraint_id: ConstraintId,
      domain_id: DomainId,
      object_class: ObjectClass,
      constraint_type: Type.Union([
        Type.Literal('required'),
        Type.Literal('unique'),
        Type.Literal('foreign_ref'),
        Type.Literal('check'),
        Type.Literal('exclusion'),
        Type.Literal('schema_type'),
        Type.Literal('cardinality'),
        Type.Literal('temporal'),
      ]),
      expression: JsonObject,
      enforcement_mode: Type.Union([Type.Literal('immediate'), Type.Literal('deferred')]),
      violation_receipt_type: ShortText,
    },
    closed,
  ),
  examples: [
    {
      constraint_id: 'con_service_name',
      domain_id: 'agentgres://domain/market',
      object_class: 'Service',
      constraint_type: 'unique',
      expression: { pointers: ['/name'] },
      enforcement_mode: 'immediate',
      violation_receipt_type: 'validation',
    },
  ],
  refused: [
    {
      why: 'a type that is not one of the eight',
      value: { constraint_id: 'con_a', object_class: 'Service', constraint_type: 'trigger' },
    },
  ],
});

export const DropConstraint = artifact({
  name: 'DropConstraint',
  source: 'whitepaper 3.1, B.4',
  summary: 'Payload of `objects/constraint.drop`. The id is not used again.',
  artifactClass: 'enforceable',
  schema: Type.Object({ constraint_id: ConstraintId }, closed),
  examples: [{ constraint_id: 'con_service_name' }],
  refused: [{ why: 'no constraint id', value: { constraint_id: 'service_name' } }],
});
