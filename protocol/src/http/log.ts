import Type from 'typebox';
import { ActionRequest } from '../artifacts/action-request.ts';
import { ActionFacts } from '../artifacts/facts.ts';
import { LogEntry } from '../artifacts/log-entry.ts';
import { DecideAction } from '../artifacts/operations.ts';
import { Digest } from '../artifacts/primitives.ts';
import { RuntimeEventEnvelope } from '../artifacts/runtime-event-envelope.ts';
import { RuntimeToolContract } from '../artifacts/runtime-tool-contract.ts';
import {
  anyValue,
  declare,
  json,
  list,
  mapOf,
  object,
  of,
  operations,
  optional,
  text,
  whole,
} from './declare.ts';
import { CURSOR, nextCursor } from './paging.ts';
import { layer, RuleTrace } from './policy.ts';

export const LogPage = declare(
  'LogPage',
  'Sealed entries, newest first with `before`, oldest first with `after`.',
  object({ size: whole(), entries: list(of(LogEntry)), next_cursor: nextCursor }),
);

export const Shown = declare(
  'Shown',
  'All that the log has under an id.',
  object({
    id: text(),
    entries: list(of(LogEntry)),
    action: optional(
      object(
        { request_hash: text(), state: text() },
        'State of the action the id belongs to, when it is one.',
      ),
    ),
    contract: optional(of(RuntimeToolContract)),
  }),
);

export const SmallestChange = declare(
  'SmallestChange',
  'Parameters and facts that would have to be otherwise, as they would have to be.',
  object({
    about: list(text(), '`host`, `paths`, `text`…: what has to be otherwise.'),
    differs: mapOf(anyValue()),
    verdict: text(),
    rule_id: optional(text()),
  }),
);

export const Explanation = declare(
  'Explanation',
  'Why a request was decided as it was.',
  object({
    request_hash: text(),
    request: of(ActionRequest),
    facts: of(ActionFacts),
    code: text(),
    class: text(),
    verdict: text(),
    observed: optional(
      object(
        { verdict: text(), code: text() },
        'Under a policy that observes: what enforcing it would have answered.',
      ),
    ),
    rule_id: optional(text()),
    field: optional(text()),
    /** Where the envelope of a policy decided: of what the tool takes, what it does not hold. */
    outside: optional(list(text(), 'Capabilities and scopes, such as `prim:net.request`.')),
    policy_hash: optional(text()),
    /** The layer that decided, where there were two. */
    layer,
    ceiling_hash: optional(text()),
    /** What was found in what it would send, where that was inspected. */
    inspection: DecideAction.schema.properties.inspection,
    receipt_id: text(),
    rules: list(
      of(RuleTrace),
      'Of the target under the policies that decided, those of the deciding layer first.',
    ),
    change: optional(of(SmallestChange)),
  }),
);

export const IncludedEntry = declare(
  'IncludedEntry',
  "An entry's exact text with its path to the log root, base64 hashes, leaf first.",
  object({ seq: text(), text: text(), path: Type.Array(text()) }),
);

export const ConsistencyProof = declare(
  'ConsistencyProof',
  'That the log continues what it was at a size.',
  object({
    note: text(),
    genesis: of(IncludedEntry),
    epochs: optional(
      list(
        of(IncludedEntry),
        'Changes of who seals, the first first; absent while the guardian of genesis does.',
      ),
    ),
    path: list(text()),
  }),
);

export const Reconciled = declare(
  'Reconciled',
  'What became of an action whose effect was unknown.',
  object({ request_hash: text(), found: text() }),
);

const seq = text('A position in the log.');
const UNKNOWN = ['id.unknown'];
const NOT_COSIGNED = { 503: ['export.not_cosigned'] };

export const logOperations = operations('log', [
  {
    route: 'GET /v1/log',
    id: 'readLog',
    role: 'auditor',
    summary: 'Sealed entries',
    query: {
      before: { schema: seq, summary: 'Newest first, from below this position.' },
      after: { schema: seq, summary: 'Oldest first, from above this position.' },
      limit: { schema: text('At most 1000; 50 unless told.') },
      cursor: CURSOR,
    },
    answers: { 200: json(of(LogPage)) },
    problems: { 400: ['cursor.invalid'] },
  },
  {
    route: 'GET /v1/show/{id}',
    id: 'show',
    role: 'auditor',
    summary: 'All that the log has under an id',
    path: {
      id: { summary: 'Of a request, receipt, operation, policy or commit of git, or a position.' },
    },
    answers: { 200: json(of(Shown)) },
    problems: { 404: UNKNOWN },
  },
  {
    route: 'GET /v1/why/{id}',
    id: 'explain',
    role: 'auditor',
    summary: 'Why a request was decided as it was',
    answers: { 200: json(of(Explanation)) },
    problems: { 404: UNKNOWN },
  },
  {
    route: 'GET /v1/events',
    id: 'followEvents',
    role: 'auditor',
    summary: 'What happens, as it happens',
    description:
      'Server-sent events; the data of each is a RuntimeEventEnvelope, its id where to resume.',
    query: {
      after: { summary: 'The id of the last event that was seen.' },
      'last-event-id': { in: 'header', summary: 'The same, as browsers send it.' },
      inbox: {
        summary:
          '`true`: what begins to wait comes as `inbox.item` too, without an id, as the inbox ' +
          'lists it; not where that is over 32 KiB.',
      },
    },
    answers: { 200: { type: 'text/event-stream', schema: of(RuntimeEventEnvelope) } },
    problems: { 429: ['events.too_many'] },
  },
  {
    route: 'GET /v1/export',
    id: 'exportLog',
    role: 'auditor',
    summary: 'The whole log as the verifier reads it',
    answers: { 200: { type: 'application/jsonl' } },
    problems: { 503: ['export.*'] },
  },
  {
    route: 'GET /v1/payload/{digest}',
    id: 'readPayload',
    role: 'auditor',
    summary: 'A content or payload by its digest',
    path: { digest: { schema: Digest } },
    answers: { 200: { type: 'text/plain' } },
    problems: { 404: UNKNOWN },
  },
  {
    route: 'GET /v1/consistency/{size}',
    id: 'proveContinues',
    role: 'auditor',
    summary: 'That the log continues what it was at a size',
    path: { size: { schema: whole() } },
    answers: { 200: json(of(ConsistencyProof)) },
    problems: { 404: ['log.shorter'], ...NOT_COSIGNED },
  },
  {
    route: 'GET /v1/proof/{seq}',
    id: 'proveEntry',
    role: 'auditor',
    summary: 'That an entry is in the log, as C2SP tlog-proof',
    path: { seq: { schema: whole() } },
    answers: { 200: { type: 'text/plain' } },
    problems: { 404: UNKNOWN, ...NOT_COSIGNED },
  },
  {
    route: 'POST /v1/reconcile/{hash}',
    once: true,
    id: 'reconcile',
    role: 'operator',
    summary: 'Ask again what became of an action whose effect is unknown',
    path: { hash: { schema: Digest } },
    answers: { 200: json(of(Reconciled)) },
    problems: { 404: ['action.not_unknown'] },
  },
]);
