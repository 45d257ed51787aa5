import Type from 'typebox';
import { artifact } from './artifact.ts';
import { closed, JsonObject, LongText, Semver, Uint64 } from './primitives.ts';

const SOURCE = 'whitepaper 3.1; design section 4';

/** Begins with a capital letter, so it is never the name of what every JavaScript object has. */
export const ObjectClass = Type.String({ pattern: '^[A-Z][A-Za-z0-9]{0,63}$' });
/** NFC and without control characters, which the module checks. */
export const ObjectId = Type.String({ minLength: 1, maxLength: 512 });

export const FieldName = Type.String({ pattern: '^[a-z][a-z0-9_]{0,63}$' });

const object = { object_class: ObjectClass, id: ObjectId };
/** The version the author saw; `0` when there must be no such object yet. */
const expected_version = Type.Optional(Uint64);
const reason = Type.Optional(LongText);

const example = { object_class: 'Service', id: 'svc_1' };

export const DefineClass = artifact({
  name: 'DefineClass',
  source: SOURCE,
  summary:
    'Payload of `objects/class.define`. `schema` is a type declaration of type `object`; fields ' +
    'in `owner_only` are written by whoever defined the class and nobody else.',
  artifactClass: 'enforceable',
  schema: Type.Object(
    {
      object_class: ObjectClass,
      schema_version: Semver,
      schema: JsonObject,
      owner_only: Type.Optional(Type.Array(FieldName, { maxItems: 64 })),
    },
    closed,
  ),
  examples: [
    {
      object_class: 'Service',
      schema_version: '1.0.0',
      schema: {
        type: 'object',
        fields: {
          name: { type: 'text', max_length: 80 },
          price_cents: { type: 'integer', min: 0 },
          state: { type: 'enum', values: ['draft', 'listed'] },
        },
      },
      owner_only: ['price_cents'],
    },
  ],
  refused: [
    {
      why: 'a class named like a member of every object',
      value: { object_class: 'constructor', schema_version: '1.0.0', schema: {} },
    },
  ],
});

export const PutObject = artifact({
  name: 'PutObject',
  source: SOURCE,
  summary: 'Payload of `objects/put`: creates an object or replaces its value.',
  artifactClass: 'enforceable',
  schema: Type.Object({ ...object, value: JsonObject, expected_version, reason }, closed),
  examples: [{ ...example, value: { name: 'Tax', price_cents: 500, state: 'draft' } }],
  refused: [{ why: 'the value is a list', value: { ...example, value: [] } }],
});

export const PatchObject = artifact({
  name: 'PatchObject',
  source: `${SOURCE}; RFC 7386`,
  summary: 'Payload of `objects/patch`: a JSON merge patch on the current value.',
  artifactClass: 'enforceable',
  schema: Type.Object({ ...object, patch: JsonObject, expected_version, reason }, closed),
  examples: [{ ...example, patch: { state: 'listed' }, expected_version: '1' }],
  refused: [{ why: 'no patch', value: example }],
});

export const DeleteObject = artifact({
  name: 'DeleteObject',
  source: SOURCE,
  summary: 'Payload of `objects/delete`.',
  artifactClass: 'enforceable',
  schema: Type.Object({ ...object, expected_version, reason }, closed),
  examples: [{ ...example, reason: 'withdrawn' }],
  refused: [{ why: 'no id', value: { object_class: 'Service' } }],
});

export const ObjectStep = Type.Union([
  Type.Object(
    { action: Type.Literal('put'), ...object, value: JsonObject, expected_version },
    closed,
  ),
  Type.Object(
    { action: Type.Literal('patch'), ...object, patch: JsonObject, expected_version },
    closed,
  ),
  Type.Object({ action: Type.Literal('delete'), ...object, expected_version }, closed),
]);

export const TransactObjects = artifact({
  name: 'TransactObjects',
  source: SOURCE,
  summary:
    'Payload of `objects/transact`: steps that take effect together or not at all. An object is ' +
    'named once; deferred constraints are checked after the last step.',
  artifactClass: 'enforceable',
  schema: Type.Object(
    { steps: Type.Array(ObjectStep, { minItems: 1, maxItems: 32 }), reason },
    closed,
  ),
  examples: [
    {
      steps: [
        { action: 'patch', ...example, patch: { state: 'draft' } },
        { action: 'delete', object_class: 'Service', id: 'svc_2' },
      ],
    },
  ],
  refused: [{ why: 'no steps', value: { steps: [] } }],
});
