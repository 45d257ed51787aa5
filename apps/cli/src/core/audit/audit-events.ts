import { describeEntry, END_WORKER_RUN, type EntryLine, OPEN_WORKER_RUN } from '@ioi/law';
import type { ActionRequest, LogEntry, ReceiptEnvelope } from '@ioi/protocol';
import { type Found, findingsIn, type Tiers } from './findings.ts';
import { type Activity, kindOf, type OcsfEvent, type Status } from './ocsf.ts';

export type AuditSource = {
  readonly node_id: string;
  readonly version: string;
  /** With what acts name: paths, addresses, parameters. Without, only what kind they are of. */
  readonly isWhole: boolean;
};

export type Audited = {
  readonly events: readonly OcsfEvent[];
  readonly tiers: Tiers;
};

/** Ends of commits say what follows from the entries before them. */
const NOT_TOLD: ReadonlySet<string> = new Set(['domain/commit', 'domain/genesis']);

/**
 * What an audit stream says of one sealed entry: what was done or decided, and beside it a finding
 * for each thing that somebody should look at.
 */
export function auditEvents(entry: LogEntry, source: AuditSource, before: Tiers): Audited {
  const { findings: found, tiers } = findingsIn(entry, before);
  const line = describeEntry(entry);
  const told = NOT_TOLD.has(entry.operation) ? [] : [eventOf(entry, line, source)];
  const findings = found.map((each) => findingOf(each, { entry, line, source }));
  return { events: [...told, ...findings], tiers };
}

function eventOf(entry: LogEntry, line: EntryLine, source: AuditSource): OcsfEvent {
  const isAct = entry.operation.startsWith('boundary/action.');
  const about = isAct ? actOf(entry, line, source) : entityOf(entry, line);
  return { ...base({ entry, line, source }, entry.operation), ...about };
}

type Subject = {
  readonly entry: LogEntry;
  readonly line: EntryLine;
  readonly source: AuditSource;
};

type Base = Pick<OcsfEvent, 'metadata' | 'time' | 'message' | 'unmapped'>;
type Told = Omit<OcsfEvent, keyof Base>;

function base({ entry, line, source }: Subject, code: string): Base {
  const { seq, chain_time } = entry;
  const { node_id, version } = source;
  const { requestHash, receiptId, ruleId, word } = line;
  return {
    metadata: {
      version: '1.6.0',
      product: { vendor_name: 'IOI', name: 'Hypervisor', version },
      uid: `${node_id}/${seq}/${code}`,
      event_code: code,
      log_name: node_id,
      sequence: Number(seq),
      ...(requestHash === undefined ? {} : { correlation_uid: requestHash }),
      ...(code.startsWith('boundary/action.') ? { profiles: ['security_control'] } : {}),
    },
    time: Number(chain_time),
    message: [word, line.target, ruleId].filter((each) => each !== undefined).join(' '),
    unmapped: {
      operation_id: entry.operation_id,
      ...(receiptId === undefined ? {} : { receipt_id: receiptId }),
      ...(ruleId === undefined ? {} : { rule_id: ruleId }),
      ...(line.code === undefined ? {} : { code: line.code }),
      ...runOf(entry),
      ...usageOf(entry),
    },
  };
}

const STATUS_OF: Readonly<Record<string, Status>> = {
  ALLOW: 'success',
  APPROVED: 'success',
  completed: 'success',
  REQUIRE_APPROVAL: 'other',
  effect_unknown: 'other',
};

const ALLOWED = { action_id: 1, action: 'Allowed', disposition_id: 1, disposition: 'Allowed' };
const DENIED = { action_id: 2, action: 'Denied', disposition_id: 2, disposition: 'Blocked' };
const OBSERVED = { action_id: 3, action: 'Observed', disposition_id: 15, disposition: 'Detected' };
const WAITS = { action_id: 99, action: 'Waits', disposition_id: 99, disposition: 'Waits' };

function actOf(entry: LogEntry, line: EntryLine, source: AuditSource): Told {
  const request = requestIn(entry);
  const { word } = line;
  const isObserved = word.startsWith('would ');
  const isDecision = /\.(decide|deny|refuse)$/.test(entry.operation);
  const isExtension = entry.operation.endsWith('.extend');
  const status = isObserved || isExtension ? 'success' : (STATUS_OF[word] ?? 'failure');
  const severity = status === 'success' && !isObserved ? 'informational' : 'medium';
  const activity = activityOf(line.target);
  const agent = request?.context.agent_id ?? agentIn(entry);
  const decided = word === 'REQUIRE_APPROVAL' ? WAITS : status === 'failure' ? DENIED : ALLOWED;
  return {
    ...kindOf('api', { activity, severity, status }),
    ...(isObserved ? OBSERVED : isDecision ? decided : undefined),
    actor: { app_name: agent ?? source.node_id, ...sessionOf(request?.context) },
    src_endpoint: { name: agent ?? source.node_id },
    api: { operation: line.target ?? entry.operation },
    ...(request === undefined || !source.isWhole
      ? {}
      : { resources: [{ type: request.target, data: request.params }] }),
  };
}

function sessionOf(given: object | undefined): Pick<NonNullable<Told['actor']>, 'session'> {
  const { session_id: uid } = Object(given) as { readonly session_id?: unknown };
  return typeof uid === 'string' ? { session: { uid } } : {};
}

/** Of a run of a worker: which, of whom, and how it ended. */
function runOf({ operation, payload }: LogEntry): Readonly<Record<string, unknown>> {
  if (operation !== OPEN_WORKER_RUN && operation !== END_WORKER_RUN) return {};
  const { run_id, worker_id, state } = payload;
  const about = { run_id, worker_id, state };
  return Object.fromEntries(Object.entries(about).filter(([, value]) => value !== undefined));
}

/** What a model took, where the receipt of the act says so. */
function usageOf({ operation, payload }: LogEntry): Readonly<Record<string, unknown>> {
  const { token_usage } = payload as { readonly token_usage?: object };
  return operation === 'boundary/action.receipt' && token_usage ? { ...token_usage } : {};
}

const VERBS: Readonly<Record<string, Activity>> = {
  read: 'read',
  list: 'read',
  search: 'read',
  stat: 'read',
  fetch: 'read',
  get: 'read',
  create: 'create',
  write: 'update',
  move: 'update',
  merge: 'update',
  push: 'update',
  delete: 'delete',
  remove: 'delete',
};

function activityOf(target: string | undefined): Activity {
  return VERBS[target?.split('::').at(-1) ?? ''] ?? 'other';
}

/** How the last word of an operation changes what it is about. */
const CHANGES: readonly (readonly [RegExp, Activity])[] = [
  [/(revoke|unpin|forget|release|close)$/, 'delete'],
  [/(register|enroll|issue|create|open|pin|genesis|request|record)$/, 'create'],
  [/(activate|accept|swap|advance|change|commit|resync|hold|set)$/, 'update'],
];

function entityOf(entry: LogEntry, line: EntryLine): Told {
  const { operation } = entry;
  const activity = CHANGES.find(([words]) => words.test(operation))?.[1] ?? 'other';
  const name = line.detail ?? line.target ?? operation;
  const by = entry.authenticated_by.kind;
  return {
    ...kindOf('entity', { activity, severity: 'informational', status: 'success' }),
    actor: { app_name: by, ...sessionOf(entry.payload) },
    entity: { name, type: operation.replace(/^[a-z]+\//, '').replace(/\..*$/, '') },
  };
}

function findingOf({ code, title, about }: Found, subject: Subject): OcsfEvent {
  const told = base(subject, code);
  return {
    ...told,
    ...kindOf('finding', { activity: 'create', severity: 'high', status: 'other' }),
    message: title,
    finding_info: { uid: told.metadata.uid, title, types: [code] },
    unmapped: { ...told.unmapped, ...about },
  };
}

function requestIn({ operation, payload }: LogEntry): ActionRequest | undefined {
  return operation === 'boundary/action.decide' ? (payload['request'] as ActionRequest) : undefined;
}

function agentIn({ payload, events }: LogEntry): string | undefined {
  if (typeof payload['agent_id'] === 'string') return payload['agent_id'];
  const emitted = events.find(({ type }) => type === 'receipt.emitted');
  const { actor_id } = Object(emitted?.['receipt']) as Partial<ReceiptEnvelope>;
  return typeof actor_id === 'string' ? actor_id : undefined;
}
