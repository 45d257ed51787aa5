import Type from 'typebox';
import { artifact } from './artifact.ts';
import {
  ChainTime,
  Count,
  closed,
  Digest,
  LongText,
  Scalar,
  ShortText,
  Uint64,
} from './primitives.ts';

const ColumnName = Type.String({ pattern: '^[a-z][a-z0-9_]{0,47}$' });
const EventType = Type.String({ pattern: '^[a-z_]{1,64}(\\.[a-z_]{1,64}){0,3}$', maxLength: 128 });
/** RFC 6901, into `{event, entry}`. */
const Pointer = Type.String({ pattern: '^/(event|entry)(/[^/]{1,128}){1,8}$' });
const Source = Type.Union([Pointer, Type.Object({ value: Scalar }, closed)]);
const ColumnType = Type.Union([
  Type.Literal('text'),
  Type.Literal('integer'),
  Type.Literal('json'),
  Type.Literal('boolean'),
]);
const Columns = Type.Array(Type.Object({ name: ColumnName, type: ColumnType }, closed), {
  maxItems: 64,
});
const Sources = Type.Record(Type.String(), Source);
const Label = Type.String({ pattern: '^[a-z][a-z0-9_]{0,47}$' });

/** Which events a rule is about: their type, and members that must have these values. */
const matching = {
  on: EventType,
  where: Type.Optional(
    Type.Array(Type.Object({ at: Pointer, is: Scalar }, closed), { maxItems: 16 }),
  ),
};
const rulesOf = <S extends Type.TSchema>(rule: S) =>
  Type.Array(rule, { minItems: 1, maxItems: 128 });

const RowRule = Type.Union([
  Type.Object({ ...matching, key: Type.Array(Source, { maxItems: 8 }), set: Sources }, closed),
  Type.Object(
    { ...matching, key: Type.Array(Source, { maxItems: 8 }), delete: Type.Literal(true) },
    closed,
  ),
]);
const MomentRule = Type.Object({ ...matching, set: Sources }, closed);
const GraphRule = Type.Union([
  Type.Object(
    {
      ...matching,
      node: Type.Object({ label: Label, id: Source, set: Type.Optional(Sources) }, closed),
    },
    closed,
  ),
  Type.Object(
    { ...matching, edge: Type.Object({ label: Label, from: Source, to: Source }, closed) },
    closed,
  ),
]);
const permission = { subject: Source, resource: Source, scope: Source };
const CapabilityRule = Type.Union([
  Type.Object(
    {
      ...matching,
      grant: Type.Object(
        { ...permission, until: Type.Optional(Source), uses: Type.Optional(Source) },
        closed,
      ),
    },
    closed,
  ),
  Type.Object({ ...matching, use: Type.Object(permission, closed) }, closed),
  Type.Object({ ...matching, revoke: Type.Object(permission, closed) }, closed),
]);

const common = {
  /** `*` stands for every domain. */
  projection: Type.String({
    pattern: '^projection://([a-z0-9.-]{1,128}|\\*)/[a-z][a-z0-9-]{0,63}$',
  }),
  version: Type.String({ pattern: '^(0|[1-9][0-9]{0,8})(\\.(0|[1-9][0-9]{0,8})){2}$' }),
  summary: LongText,
  /** Heads the rows are read from: their class, and the column that holds the id, if one does. */
  heads: Type.Optional(
    Type.Array(Type.Object({ head_class: ShortText, id: Type.Optional(ColumnName) }, closed), {
      maxItems: 8,
    }),
  ),
};

export const ProjectionDefinition = artifact({
  name: 'ProjectionDefinition',
  source: 'whitepaper 3.3',
  summary:
    'A named, versioned view, folded from the events of sealed entries and from nothing else. ' +
    'Its hash is the digest of the canonical definition. `relational`: rows under a key, set or ' +
    'deleted. `timeline`: one row per matching event. `graph`: nodes and edges. `capability`: ' +
    'what a subject may do to a resource, until when and how often. Rules apply in their order; ' +
    'a rule whose key is not in the event does nothing; a value that does not fit its column is ' +
    'null.',
  artifactClass: 'enforceable',
  schema: Type.Union([
    Type.Object(
      {
        ...common,
        kind: Type.Literal('relational'),
        columns: Columns,
        key: Type.Array(ColumnName, { minItems: 1, maxItems: 8 }),
        indexes: Type.Optional(
          Type.Array(Type.Array(ColumnName, { minItems: 1, maxItems: 4 }), { maxItems: 4 }),
        ),
        rules: rulesOf(RowRule),
      },
      closed,
    ),
    Type.Object(
      { ...common, kind: Type.Literal('timeline'), columns: Columns, rules: rulesOf(MomentRule) },
      closed,
    ),
    Type.Object(
      { ...common, kind: Type.Literal('graph'), columns: Columns, rules: rulesOf(GraphRule) },
      closed,
    ),
    Type.Object(
      { ...common, kind: Type.Literal('capability'), rules: rulesOf(CapabilityRule) },
      closed,
    ),
  ]),
  examples: [
    {
      projection: 'projection://*/contracts',
      version: '1.0.0',
      summary: 'Tools and where they land in the target namespace.',
      kind: 'relational',
      columns: [
        { name: 'contract_hash', type: 'text' },
        { name: 'target', type: 'text' },
      ],
      key: ['contract_hash'],
      rules: [
        {
          on: 'contract.registered',
          key: ['/event/contract_hash'],
          set: { target: '/event/contract/target' },
        },
      ],
    },
    {
      projection: 'projection://local/approvals',
      version: '0.1.0',
      summary: 'Which approval was used for what.',
      kind: 'graph',
      columns: [],
      rules: [
        {
          on: 'approval.consumed',
          edge: { label: 'approves', from: '/event/token_hash', to: '/event/request_hash' },
        },
      ],
    },
    {
      projection: 'projection://*/clock',
      version: '1.0.0',
      summary: 'Every time the clock was moved.',
      kind: 'timeline',
      columns: [{ name: 'to', type: 'integer' }],
      rules: [{ on: 'clock.resynced', set: { to: '/event/to' } }],
    },
    {
      projection: 'projection://*/used-approvals',
      version: '1.0.0',
      summary: 'Approvals, none of which can be used again.',
      kind: 'capability',
      rules: [
        {
          on: 'approval.consumed',
          grant: {
            subject: '/event/token_hash',
            resource: '/event/request_hash',
            scope: { value: 'approval' },
            uses: { value: 0 },
          },
        },
      ],
    },
  ],
  refused: [
    {
      why: 'a pointer outside event and entry',
      value: {
        projection: 'projection://*/x',
        version: '1.0.0',
        summary: '',
        kind: 'timeline',
        columns: [],
        rules: [{ on: 'a.b', set: { x: '/head/x' } }],
      },
    },
    { why: 'no rules', value: { projection: 'projection://*/x', kind: 'timeline' } },
  ],
});

const HASH = `sha256:${'2c'.repeat(32)}`;

/** How much of a domain's log something reflects. */
const Watermark = Type.Object(
  { seq: Uint64, log_root: Digest, chain_time: ChainTime, state_root: Digest },
  closed,
);

export const ProjectionCheckpoint = artifact({
  name: 'ProjectionCheckpoint',
  source: 'whitepaper 3.3, 3.4',
  summary:
    'What a projection held at a watermark. `watermark.seq` is the commit entry folded last, ' +
    '`log_root` the root of the log that ends with it. `rows_digest` is SHA-256 over the ' +
    'canonical JSON of every row in key order, each followed by a line feed.',
  artifactClass: 'enforceable',
  schema: Type.Object(
    {
      projection: ShortText,
      definition_hash: Digest,
      watermark: Watermark,
      rows: Count,
      rows_digest: Digest,
    },
    closed,
  ),
  examples: [
    {
      projection: 'projection://*/contracts',
      definition_hash: HASH,
      watermark: { seq: '7', log_root: HASH, chain_time: '1800000000000', state_root: HASH },
      rows: 2,
      rows_digest: HASH,
    },
  ],
  refused: [{ why: 'no watermark', value: { projection: 'projection://*/x', rows: 2 } }],
});

export const PostgresBridgeProjectionEnvelope = artifact({
  name: 'PostgresBridgeProjectionEnvelope',
  source: 'whitepaper B.4',
  summary:
    'A projection that SQL clients read as a table. Nothing is written by it: ' +
    '`allowed_write_operations` is empty. `freshness_slo` is an ISO 8601 duration.',
  artifactClass: 'enforceable',
  schema: Type.Object(
    {
      bridge_id: Type.String({ pattern: '^bridge_[0-9a-f]{32}$' }),
      projection_ref: ShortText,
      sql_schema_name: Type.String({ pattern: '^[a-z][a-z0-9_]{0,62}$' }),
      read_consistency_level: Type.Union([
        Type.Literal('cached_projection'),
        Type.Literal('projection_consistent'),
      ]),
      writable: Type.Literal(false),
      allowed_write_operations: Type.Array(ShortText, { maxItems: 0 }),
      freshness_slo: Type.String({ pattern: '^PT[0-9]{1,6}S$' }),
      policy_watermark: Type.Optional(Digest),
      domain_sequence_watermark: Uint64,
    },
    closed,
  ),
  examples: [
    {
      bridge_id: `bridge_${'2c'.repeat(16)}`,
      projection_ref: 'projection://*/actions',
      sql_schema_name: 'node',
      read_consistency_level: 'projection_consistent',
      writable: false,
      allowed_write_operations: [],
      freshness_slo: 'PT1S',
      domain_sequence_watermark: '7',
    },
  ],
  refused: [
    {
      why: 'it can be written',
      value: {
        bridge_id: `bridge_${'2c'.repeat(16)}`,
        projection_ref: 'projection://*/actions',
        sql_schema_name: 'node',
        read_consistency_level: 'projection_consistent',
        writable: true,
        allowed_write_operations: ['objects/put'],
        freshness_slo: 'PT1S',
        domain_sequence_watermark: '7',
      },
    },
  ],
});
