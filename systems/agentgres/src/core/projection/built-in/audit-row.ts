import type { ProjectionDefinition } from '@ioi/protocol';

export type Relational = Extract<ProjectionDefinition, { kind: 'relational' }>;
export type RowRule = Extract<Relational['rules'][number], { set: unknown }>;
export type Where = NonNullable<RowRule['where']>;

type Noted = {
  readonly on: string;
  readonly kind: string;
  /** What it is about: part of the key, so an event without it leaves no row. */
  readonly about: string;
  readonly budget?: string;
  readonly where?: Where;
  readonly set?: Readonly<Record<string, string | { value: string }>>;
};

/** A row of the audit for each event of a kind: two of one entry may be about the same. */
export function noted({ on, kind, about, budget, where = [], set = {} }: Noted): RowRule {
  const chain_time = '/entry/chain_time';
  const act = '/entry/operation';
  return {
    on,
    where,
    key: ['/entry/seq', about, budget ?? { value: '' }, { value: on }],
    set: { chain_time, act, kind: { value: kind }, ...set },
  };
}
