import { ActionRequest } from '../artifacts/action-request.ts';
import { ActionFacts } from '../artifacts/facts.ts';
import {
  anyValue,
  declare,
  flag,
  json,
  list,
  mapOf,
  object,
  of,
  oneOf,
  operations,
  optional,
  text,
  whole,
} from './declare.ts';
import { ServerStatus } from './mcp.ts';
import { nextCursor, PAGED } from './paging.ts';
import { OrganisationStatus, PolicyInForce, PolicyProposal } from './policy.ts';

export const WitnessStatus = declare(
  'WitnessStatus',
  'A witness of node.json, and how it was last reached.',
  object({
    name: text(),
    required: flag(),
    state: oneOf(['cosigned', 'not_cosigned', 'not_asked']),
    size: whole('Entries it cosigned last; 0 for none since the start.'),
    seen: optional(text('RFC 3339, by its own clock.')),
    code: optional(text('Why not, such as `witness.unreachable`.')),
    detail: optional(text()),
  }),
);

export const NodeStatus = declare(
  'NodeStatus',
  'What the node is, and what waits.',
  object({
    node_id: text(),
    demo: flag(),
    version: text(),
    isolation_tier: text(),
    log: object({
      size: whole(),
      note: text(),
      cosigned: flag(),
      key: text('C2SP verifier key of its checkpoints (the Ed25519 line).'),
      witnessed: optional(
        object({ size: whole(), note: text() }, 'The newest checkpoint with lines of witnesses.'),
      ),
    }),
    witnesses: list(of(WitnessStatus)),
    policy: optional(of(PolicyInForce)),
    organisation: optional(of(OrganisationStatus)),
    proposal: optional(of(PolicyProposal)),
    servers: list(of(ServerStatus)),
    sessions: whole(),
    stopped: flag('Everything is refused, whoever asks, until it is lifted at a terminal.'),
    glass_broken: optional(
      list(object({ subject: text(), reason: text(), expires: text('Chain Time.') })),
    ),
    paused: list(text(), 'Names whose sessions are refused, should they come again.'),
    disk_warning: optional(
      text('Why a person should make room on the disk; absent while there is enough.'),
    ),
    open: object(
      { pending: whole(), committed: whole(), unknown: whole() },
      'Actions over which something may still happen, by state.',
    ),
  }),
);

export const InboxPage = declare(
  'InboxPage',
  'What waits for a person, as the daemon knows it.',
  object({
    pending: list(
      object({
        request_hash: text(),
        request: of(ActionRequest),
        facts: of(ActionFacts),
        rule_id: optional(text()),
        field: optional(text()),
        risk_class: oneOf(['low', 'high']),
        expires: text('Chain Time.'),
        decided: flag(),
      }),
      'In the order in which they were asked.',
    ),
    next_cursor: nextCursor,
  }),
);

export const WorkbenchLink = declare(
  'WorkbenchLink',
  'Lets one browser in, once, within a minute.',
  object({ url: text() }),
);

export const statusOperations = operations('status', [
  {
    route: 'GET /v1/status',
    id: 'status',
    role: 'member',
    summary: 'What the node is, and what waits',
    answers: { 200: json(of(NodeStatus)) },
  },
  {
    route: 'GET /metrics',
    id: 'metrics',
    role: 'auditor',
    summary: 'How the node is, for Prometheus; as OpenMetrics where that is accepted',
    answers: { 200: { type: 'text/plain' } },
  },
  {
    route: 'GET /v1/openapi.json',
    id: 'openApi',
    role: 'member',
    summary: 'This document',
    answers: { 200: json(mapOf(anyValue())) },
  },
]);

export const inboxOperations = operations('inbox', [
  {
    route: 'GET /v1/inbox',
    id: 'inbox',
    role: 'member',
    summary: 'What waits for a person; it is approved at the guardian',
    query: PAGED,
    answers: { 200: json(of(InboxPage)) },
    problems: { 400: ['cursor.invalid'] },
  },
]);

export const workbenchOperations = operations('workbench', [
  {
    route: 'POST /v1/workbench',
    id: 'openWorkbench',
    role: 'owner',
    summary: 'A link by which one browser gets in',
    answers: { 201: json(of(WorkbenchLink)) },
    problems: { 409: ['workbench.not_built'] },
  },
  {
    route: 'DELETE /v1/workbench',
    id: 'closeWorkbench',
    role: 'owner',
    summary: 'Let no browser in any more, until the next link',
    answers: { 200: json(object({ closed: flag() })) },
  },
]);
