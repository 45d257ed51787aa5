import type { LogEntry, ProjectionDefinition } from '@ioi/protocol';
import fc from 'fast-check';

type RelationalRule = Extract<ProjectionDefinition, { kind: 'relational' }>['rules'][number];

/** A relational definition with a column of every type. */
export function definitionOf(rules: RelationalRule[]): ProjectionDefinition {
  return {
    projection: 'projection://*/sample',
    version: '1.0.0',
    summary: 'a sample',
    kind: 'relational',
    columns: [
      { name: 'text', type: 'text' },
      { name: 'count', type: 'integer' },
      { name: 'flag', type: 'boolean' },
      { name: 'more', type: 'json' },
      { name: 'id', type: 'text' },
    ],
    key: ['id'],
    rules,
  };
}

const pointer = fc.constantFrom(
  '/event/id',
  '/event/text',
  '/event/count',
  '/event/flag',
  '/event/more',
  '/event/more/deep~1er',
  '/event/more/0',
  '/event/none',
  '/entry/seq',
  '/entry/chain_time',
  '/entry/operation_id',
);
const constant = fc.oneof(fc.string(), fc.integer(), fc.boolean()).map((value) => ({ value }));
const source = fc.oneof({ weight: 3, arbitrary: pointer }, constant);
const on = fc.constantFrom('a.put', 'a.gone', 'b');
const where = fc.array(
  fc.record({
    at: pointer,
    is: fc.constantFrom<string | number | boolean>('x', 'y', 1, true),
  }),
  { maxLength: 1 },
);
const set = fc.dictionary(fc.constantFrom('text', 'count', 'flag', 'more'), source);
const rowRule = fc.oneof(
  fc.record({ on, where, key: fc.tuple(source), set }),
  fc.record({ on, where, key: fc.tuple(source), delete: fc.constant(true as const) }),
);
const label = fc.constantFrom('one', 'two');
const graphRule = fc.oneof(
  fc.record({
    on,
    where,
    node: fc.record({ label, id: source, set: fc.dictionary(fc.constant('text'), source) }),
  }),
  fc.record({ on, where, edge: fc.record({ label, from: source, to: source }) }),
);
const permission = { subject: source, resource: source, scope: source };
const capabilityRule = fc.oneof(
  fc.record({
    on,
    where,
    grant: fc.record(
      { ...permission, until: source, uses: source },
      { requiredKeys: ['subject', 'resource', 'scope'] },
    ),
  }),
  fc.record({ on, where, use: fc.record(permission) }),
  fc.record({ on, where, revoke: fc.record(permission) }),
);
const rules = { minLength: 1, maxLength: 5 };
const text = { name: 'text', type: 'text' } as const;
const common = { projection: 'projection://*/any', version: '1.0.0', summary: '' };

/** Definitions of every kind over `anyEntries`. */
export const anyDefinition: fc.Arbitrary<ProjectionDefinition> = fc.oneof(
  fc.array(rowRule, rules).map((each) => definitionOf(each)),
  fc.array(fc.record({ on, where, set: fc.dictionary(fc.constant('text'), source) }), rules).map(
    (each): ProjectionDefinition => ({
      ...common,
      kind: 'timeline',
      columns: [text],
      rules: each,
    }),
  ),
  fc
    .array(graphRule, rules)
    .map(
      (each): ProjectionDefinition => ({ ...common, kind: 'graph', columns: [text], rules: each }),
    ),
  fc
    .array(capabilityRule, rules)
    .map((each): ProjectionDefinition => ({ ...common, kind: 'capability', rules: each })),
);

const word = fc.oneof(
  fc.constantFrom('x', 'y', 'z', '', 'ä', '\u{10000}', '\u{ffee}'),
  fc.string({ maxLength: 3, unit: 'binary' }),
);
const event = fc
  .record(
    {
      type: fc.constantFrom('a.put', 'a.put', 'a.gone', 'b', 'other'),
      id: word,
      text: word,
      count: fc.oneof(fc.integer(), fc.constantFrom('7', '0', '18446744073709551615', 'x')),
      flag: fc.boolean(),
      more: fc.oneof(fc.constant({ 'deep/er': 'x', 10: 1, 2: 3 }), fc.constant(['x']), word),
    },
    { requiredKeys: ['type'] },
  )
  .map((each) => ({ ...each }) as Record<string, unknown>);

/** Entries in order, with events some of which the definitions match. */
export const anyEntries: fc.Arbitrary<LogEntry[]> = fc
  .array(fc.array(event, { maxLength: 4 }), { maxLength: 12 })
  .map((all) => all.map(entryOf));

function entryOf(events: Record<string, unknown>[], seq: number): LogEntry {
  return {
    seq: String(seq),
    height: '0',
    chain_time: String(1_000 + seq),
    operation_id: `op_${String(seq).padStart(32, '0')}`,
    operation: 'boundary/any',
    module_hash: `sha256:${'0'.repeat(64)}`,
    authenticated_by: { kind: 'channel' },
    payload: {},
    events,
  };
}
