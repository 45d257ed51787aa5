import type { ProjectionDefinition } from '@ioi/protocol';
import type { Column } from './cells.ts';
import type { SourceText } from './source.ts';

/** A rule of any kind as what it does to a row. `take` lowers `uses_left` by one, not below 0. */
export type RowRule = {
  readonly on: string;
  readonly where: readonly { readonly at: string; readonly is: string | number | boolean }[];
  readonly key: readonly SourceText[];
  readonly act: 'put' | 'delete' | 'take';
  readonly set: Readonly<Record<string, SourceText>>;
};

export type Lowered = {
  readonly columns: readonly Column[];
  readonly key: readonly string[];
  readonly rules: readonly RowRule[];
};

type Kind<K extends ProjectionDefinition['kind']> = Extract<ProjectionDefinition, { kind: K }>;

const GRAPH: readonly Column[] = [
  { name: 'element', type: 'text' },
  { name: 'label', type: 'text' },
  /** A node, or the node an edge comes from. */
  { name: 'id', type: 'text' },
  /** The node an edge goes to; empty for nodes. */
  { name: 'to', type: 'text' },
];
const TIMELINE: readonly Column[] = [
  { name: 'seq', type: 'integer' },
  /** Which event of the entry. */
  { name: 'event', type: 'integer' },
];
const CAPABILITY: readonly Column[] = [
  { name: 'subject', type: 'text' },
  { name: 'resource', type: 'text' },
  { name: 'scope', type: 'text' },
  /** Chain Time; null for no end. */
  { name: 'until', type: 'integer' },
  /** Null for any number. */
  { name: 'uses_left', type: 'integer' },
];

/** Every kind of projection is rows under a key; only what a person writes differs. */
export function lowered(definition: ProjectionDefinition): Lowered {
  switch (definition.kind) {
    case 'relational':
      return {
        columns: definition.columns,
        key: definition.key,
        rules: definition.rules.map((rule) => ({
          ...matching(rule),
          key: rule.key,
          ...('set' in rule ? { act: 'put', set: rule.set } : { act: 'delete', set: {} }),
        })),
      };
    case 'timeline':
      return {
        columns: [...TIMELINE, ...definition.columns],
        key: ['seq', 'event'],
        rules: definition.rules.map((rule) => ({
          ...matching(rule),
          key: ['/entry/seq', EVENT_PLACE],
          act: 'put',
          set: rule.set,
        })),
      };
    case 'graph':
      return {
        columns: [...GRAPH, ...definition.columns],
        key: ['element', 'label', 'id', 'to'],
        rules: definition.rules.map(graphRule),
      };
    case 'capability':
      return {
        columns: CAPABILITY,
        key: ['subject', 'resource', 'scope'],
        rules: definition.rules.map(capabilityRule),
      };
  }
}

const NOTHING: SourceText = { value: null };

/** Where an event stands in its entry; no definition can write this pointer. */
const EVENT_PLACE = '/place';

function matching({ on, where = [] }: { on: string; where?: RowRule['where'] }) {
  return { on, where };
}

function graphRule(rule: Kind<'graph'>['rules'][number]): RowRule {
  if ('node' in rule) {
    const { label, id, set = {} } = rule.node;
    const key = [{ value: 'node' }, { value: label }, id, { value: '' }];
    return { ...matching(rule), key, act: 'put', set };
  }
  const { label, from, to } = rule.edge;
  const key = [{ value: 'edge' }, { value: label }, from, to];
  return { ...matching(rule), key, act: 'put', set: {} };
}

function capabilityRule(rule: Kind<'capability'>['rules'][number]): RowRule {
  if ('grant' in rule) {
    const { subject, resource, scope, until, uses } = rule.grant;
    // What an earlier grant of the same said does not linger.
    const set = { until: until ?? NOTHING, uses_left: uses ?? NOTHING };
    return { ...matching(rule), key: [subject, resource, scope], act: 'put', set };
  }
  const { subject, resource, scope } = 'use' in rule ? rule.use : rule.revoke;
  const act = 'use' in rule ? 'take' : 'delete';
  return { ...matching(rule), key: [subject, resource, scope], act, set: {} };
}
