import Type from 'typebox';
import { FaultProof } from '../artifacts/fault-proof.ts';
import { Count } from '../artifacts/primitives.ts';
import { ProjectionCheckpoint, ProjectionDefinition } from '../artifacts/projection.ts';
import { SessionIssuer, SessionRevocations } from '../artifacts/session-operations.ts';
import { StateRootProof } from '../artifacts/state-root-proof.ts';
import {
  anyValue,
  type Declaring,
  declare,
  json,
  list,
  mapOf,
  number,
  object,
  of,
  oneOf,
  operations,
  optional,
  text,
  whole,
} from './declare.ts';

export const ConsistencyLevel = declare(
  'ConsistencyLevel',
  'The consistency levels of whitepaper 3.5, weakest first.',
  oneOf([
    'cached_projection',
    'projection_consistent',
    'snapshot_consistent',
    'state_root_consistent',
    'linearized_domain',
    'serializable_domain',
  ]),
);

const where = mapOf(anyValue(), 'By column: a value, or `{lt, lte, gt, gte, prefix}`.');

export const QueryRequest = declare(
  'QueryRequest',
  'What to read of a projection.',
  object({
    domain: optional(
      text("Of the node, by its id or what stands after the scheme; the node's own when absent."),
    ),
    projection: text('`projection://…/name`, or the name of a built-in one.'),
    consistency: of(ConsistencyLevel),
    where: optional(where),
    order: optional(list(text(), 'Columns, as `-name` for descending; the key decides the rest.')),
    limit: optional(Type.Integer({ minimum: 1 })),
    after: optional(text('`next` of the page before.')),
    watermark: optional(
      text('`domain_seq:N` that must be reflected, for `projection_consistent`.'),
    ),
    await_ms: optional(whole('How long to wait for it.')),
    snapshot: optional(text('Handle of an earlier answer, for `snapshot_consistent`.')),
  }),
);

const mark = {
  domain_id: text(),
  watermark: text('`domain_seq:N`: the entry folded last.'),
  log_root: text(),
  state_root: text(),
  chain_time: text(),
};

export const ReadMark = declare(
  'ReadMark',
  'What a read is of. Every answer carries it.',
  object(mark),
);

export const ReadPrecondition = declare(
  'ReadPrecondition',
  'An operation that carries it is refused when this moved.',
  object({ head_class: text(), id: optional(text()), since: text() }),
);

const rows = list(mapOf(anyValue()));

export const QueryAnswer = declare(
  'QueryAnswer',
  'Rows of a projection, and what they are of.',
  object({
    ...mark,
    projection: text(),
    definition_hash: text(),
    consistency: of(ConsistencyLevel),
    rows,
    next: optional(text('`after` of the next page; absent on the last one.')),
    resume: text('Where a subscription goes on from this answer.'),
    snapshot: optional(
      object(
        { handle: text(), expires_in_ms: number() },
        'Later reads that name it see the same rows, until `expires_in_ms` after the last of ' +
          'them, and ten minutes in all.',
      ),
    ),
    /** Of `state_root_consistent`. */
    proof: optional(of(StateRootProof)),
    preconditions: optional(list(of(ReadPrecondition), 'Of `serializable_domain`.')),
  }),
);

export const ProjectionsPage = declare(
  'ProjectionsPage',
  'The projections of a domain.',
  object({
    size: whole(),
    projections: list(
      object({
        projection: text(),
        version: text(),
        kind: text(),
        definition_hash: text(),
        summary: text(),
        origin: oneOf(['built_in', 'user']),
        state: oneOf(
          ['serving', 'building', 'rebuilding', 'stopped', 'dormant'],
          '`dormant`: nobody asked for it yet; it is folded for whoever asks first.',
        ),
        columns: list(object({ name: text(), type: text() })),
        watermark: optional(text('Absent until it serves.')),
        lag: whole('Sealed entries it does not reflect yet.'),
        building_size: optional(
          whole('Entries folded of the one that is made beside it; absent when none is.'),
        ),
        rows: Count,
      }),
    ),
  }),
);

export const SubscriptionEvents = declare(
  'SubscriptionEvents',
  'Data of the events of a subscription, by their names; the id of each is a resume token.',
  object({
    snapshot: object({ ...mark, rows }, 'All rows that match, as of the mark.'),
    delta: object(
      { ...mark, put: rows, remove: rows },
      'Rows that now match, as they are, and keys of those that no longer do.',
    ),
    rebase: object(
      { reason: text(), checkpoint: of(ProjectionCheckpoint) },
      'Forget the rows: a snapshot follows.',
    ),
    /** The log is not the one the token was of; the stream ends. */
    fault: of(FaultProof),
    dropped: object(
      { reason: text() },
      'The reader did not keep up; it resumes by the last id it has.',
    ),
  }),
);

export const NamedProjection = declare(
  'NamedProjection',
  'A projection by its name.',
  object({ projection: text() }),
);

export const IssuersPage = declare(
  'IssuersPage',
  'Other owners whose sessions are taken here, and what is known of revocation.',
  object({
    issuers: list(
      object({ issuer: of(SessionIssuer), revocations: optional(of(SessionRevocations)) }),
    ),
  }),
);

const SESSION = {
  401: ['session.*', 'lease.*', 'authority.*'],
  403: ['session.out_of_scope'],
};
/** Why a domain, or a projection of it, cannot be asked. */
const READING = {
  400: ['query.invalid', 'log.*', 'seal.*', 'store.*', 'domain.*', 'session.*', 'projection.*'],
  ...SESSION,
  404: ['domain.not_open', 'projection.unknown'],
  409: ['log.rolled_back', 'log.forked', 'consistency.moving'],
  410: ['snapshot.unknown'],
  429: ['snapshot.too_many'],
  422: ['consistency.no_prover', 'consistency.no_heads'],
  503: ['projection.gone', 'projection.fault', 'witness.required'],
  504: ['consistency.timeout'],
};
const domain = { summary: "The node's own unless told." };
const projection = { summary: 'By its name.', required: true };

const CONDITIONS = {
  domain,
  consistency: { schema: of(ConsistencyLevel) },
  where: { summary: 'JSON: a value by column, or `{lt, lte, gt, gte, prefix}`.' },
  order: { summary: 'Columns, separated by commas, as `-name` for descending.' },
  limit: {},
  after: { summary: '`next` of the page before.' },
  watermark: { summary: '`domain_seq:N` that must be reflected.' },
  await_ms: { summary: 'How long to wait for it.' },
  snapshot: { summary: 'Handle of an earlier answer.' },
};

const NAMED: Readonly<Record<string, readonly [id: string, summary: string]>> = {
  'hypervisor-nodes': ['readNodes', 'Nodes (whitepaper 3.5)'],
  'autonomous-system-chains': ['readChains', 'Chains (whitepaper 3.5)'],
  'service-modules': ['readModules', 'Service modules (whitepaper 3.5)'],
  'module-invocations': ['readInvocations', 'Invocations of modules (whitepaper 3.5)'],
  'upgrade-proposals': ['readProposals', 'Proposals of upgrades (whitepaper 3.5)'],
  'local-settlements': ['readSettlements', 'Local settlements (whitepaper 3.5)'],
  audit: ['readAudit', 'All that authority was used for (whitepaper 2.6.8)'],
  'upgrade-proposals/{proposal_id}/decisions': ['readDecisions', 'Decisions on a proposal'],
};

function named(): Declaring[] {
  return Object.entries(NAMED).map(([path, [id, summary]]) => ({
    route: `GET /v1/${path}`,
    id,
    role: 'auditor',
    summary,
    query: CONDITIONS,
    answers: { 200: json(of(QueryAnswer)) },
    problems: READING,
    access: 'reading',
  }));
}

export const readOperations = operations('reads', [
  {
    route: 'POST /v1/query',
    id: 'query',
    role: 'auditor',
    summary: 'Read a projection at the level that is asked for',
    body: of(QueryRequest),
    answers: { 200: json(of(QueryAnswer)) },
    problems: READING,
    access: 'reading',
  },
  ...named(),
  {
    route: 'GET /v1/subscribe',
    id: 'subscribe',
    role: 'auditor',
    summary: 'Rows of a projection as they change',
    description: 'Server-sent events: the data of each is the member of that name.',
    query: {
      projection,
      domain,
      where: CONDITIONS.where,
      resume: { summary: 'Where to go on.' },
      'last-event-id': { in: 'header', summary: 'The same, as browsers send it.' },
    },
    answers: { 200: { type: 'text/event-stream', schema: of(SubscriptionEvents) } },
    problems: {
      ...READING,
      409: [...READING[409], 'subscription.ahead'],
      413: ['subscription.too_large'],
      429: ['subscription.too_many'],
    },
    access: 'reading',
  },
  {
    route: 'GET /v1/projections',
    id: 'listProjections',
    role: 'auditor',
    summary: 'The projections of a domain',
    query: { domain },
    answers: { 200: json(of(ProjectionsPage)) },
    problems: READING,
    access: 'reading',
  },
  {
    route: 'GET /v1/projections/checkpoint',
    id: 'projectionCheckpoint',
    role: 'auditor',
    summary: 'What a projection is folded from, and how far',
    query: { projection, domain },
    answers: { 200: json(of(ProjectionCheckpoint)) },
    problems: READING,
    access: 'reading',
  },
  {
    route: 'POST /v1/projections',
    id: 'defineProjection',
    role: 'operator',
    summary: 'Define a projection of your own',
    query: { domain },
    body: of(ProjectionDefinition),
    answers: { 200: json(of(NamedProjection)) },
    problems: READING,
  },
  {
    route: 'POST /v1/projections/rebuild',
    id: 'rebuildProjection',
    role: 'operator',
    summary: 'Fold a projection again while it serves',
    query: { projection, domain },
    answers: { 200: json(of(NamedProjection)) },
    problems: READING,
  },
  {
    route: 'DELETE /v1/projections',
    id: 'removeProjection',
    role: 'operator',
    summary: 'Remove a projection of your own',
    query: { projection, domain },
    answers: { 200: json(of(NamedProjection)) },
    problems: READING,
  },
]);

const REFUSED = { 400: ['request.invalid', 'issuer.*', 'revocations.*'], 404: ['issuer.unknown'] };

export const issuerOperations = operations('sessions', [
  {
    route: 'GET /v1/session-issuers',
    id: 'listIssuers',
    role: 'auditor',
    summary: 'Other owners whose sessions are taken here',
    answers: { 200: json(of(IssuersPage)) },
  },
  {
    route: 'POST /v1/session-issuers',
    id: 'pinIssuer',
    role: 'owner',
    summary: 'Take the sessions of another owner',
    body: of(SessionIssuer),
    answers: { 200: json(of(SessionIssuer)) },
    problems: REFUSED,
  },
  {
    route: 'POST /v1/session-issuers/revocations',
    id: 'learnRevocations',
    role: 'owner',
    summary: "Bring the word of another owner's guardian on what is revoked",
    body: of(SessionRevocations),
    answers: { 200: json(of(SessionRevocations)) },
    problems: REFUSED,
  },
  {
    route: 'DELETE /v1/session-issuers/{id}',
    id: 'forgetIssuer',
    role: 'owner',
    summary: 'Take the sessions of another owner no more',
    answers: { 200: json(object({ issuer_id: text() })) },
    problems: { 404: ['issuer.unknown'] },
  },
]);
