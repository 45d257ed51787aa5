import type {
  ActionRequest,
  ApprovalToken,
  DecideAction,
  LogEntry,
  ReceiptEnvelope,
  RecordCommits,
  ToolExecutionReceipt,
} from '@ioi/protocol';
// Not by the index: a browser would load all of the policy for it.
import { printChainTime } from '../policy/chain-time.ts';
import type { RoleSessionHead } from '../roles/sessions.ts';

/** What one log entry says to a person; texts are as recorded, not yet safe to print. */
export type EntryLine = {
  readonly seq: string;
  /** Chain Time, milliseconds since 1970. */
  readonly chainTime: string;
  readonly operation: string;
  /** `ALLOW`, `BLOCK`, `completed`, …; the operation where there is no verdict. */
  readonly word: string;
  readonly code?: string;
  readonly target?: string;
  readonly path?: string;
  readonly ruleId?: string;
  readonly field?: string;
  readonly receiptId?: string;
  readonly requestHash?: string;
  readonly detail?: string;
};

const WORDS: Readonly<Record<string, string>> = {
  Allow: 'ALLOW',
  Block: 'BLOCK',
  PendingApproval: 'REQUIRE_APPROVAL',
  Approved: 'APPROVED',
};

export function verdictWord(verdict: string): string {
  return Object.hasOwn(WORDS, verdict) ? (WORDS[verdict] as string) : verdict;
}

/** Entries of operations that are not about an action are named by their operation. */
export function describeEntry(entry: LogEntry): EntryLine {
  const { seq, chain_time: chainTime, operation } = entry;
  const base = { seq, chainTime, operation, word: operation.replace(/^[a-z]+\//, '') };
  const receipt = receiptOf(entry);
  const request = requestOf(entry);
  const { inspection } = entry.payload as Partial<DecideAction>;
  return {
    ...base,
    ...(request === undefined ? {} : aboutRequest(request)),
    ...(request && inspection?.findings.length ? { detail: foundText(inspection) } : {}),
    ...(receipt === undefined ? aboutPayload(entry) : aboutReceipt(receipt)),
  };
}

/** The receipt an entry emitted, when it emitted one. */
function receiptOf(entry: LogEntry): ReceiptEnvelope | undefined {
  const emitted = entry.events.find((event) => event['type'] === 'receipt.emitted');
  return emitted?.['receipt'] as ReceiptEnvelope | undefined;
}

function requestOf({ operation, payload }: LogEntry): ActionRequest | undefined {
  return operation === 'boundary/action.decide' ? (payload['request'] as ActionRequest) : undefined;
}

function aboutRequest({ target, params }: ActionRequest): Partial<EntryLine> {
  const path = mainPath(params);
  return { target, ...(path === undefined ? {} : { path }) };
}

/** `card_pan, 2 email`: classes found in what an action would send. */
export function foundText({ findings }: NonNullable<DecideAction['inspection']>): string {
  const counts = new Map<string, number>();
  for (const { class: each, count } of findings) counts.set(each, (counts.get(each) ?? 0) + count);
  const found = [...counts].map(([each, count]) => (count === 1 ? each : `${count} ${each}`));
  return found.join(', ') || 'nothing found';
}

/** What a request is about, in one text: where it goes rather than where it comes from. */
export function mainPath(params: ActionRequest['params']): string | undefined {
  for (const name of ['path', 'destination', 'source', 'url', 'host']) {
    if (typeof params[name] === 'string') return params[name];
  }
  const { paths } = params;
  if (!Array.isArray(paths) || typeof paths[0] !== 'string') return undefined;
  return paths.length === 1 ? paths[0] : `${paths[0]} and ${paths.length - 1} more`;
}

function aboutReceipt({ receipt_id: receiptId, body }: ReceiptEnvelope): Partial<EntryLine> {
  if (!('outcome' in body || 'code' in body)) return { receiptId, ...aboutGovernance(body) };
  const { request_hash: requestHash } = body;
  const about = { receiptId, ...(requestHash === undefined ? {} : { requestHash }) };
  if ('outcome' in body) return { ...about, ...aboutExecution(body) };
  const { verdict, code, observed, rule_id: ruleId, deciding_field: field } = body;
  const wouldBe = observed && `would ${verdictWord(observed.verdict)}`;
  return {
    ...about,
    word: wouldBe ?? (code === 'approval.denied' ? 'DENIED' : verdictWord(verdict.kind)),
    code,
    ...(ruleId === undefined ? {} : { ruleId }),
    ...(field === undefined ? {} : { field }),
  };
}

/** What it is about, where it names that; the word stays that of the operation. */
function aboutGovernance(
  body: Exclude<ReceiptEnvelope['body'], { request_hash?: string }>,
): Partial<EntryLine> {
  if ('target_module_id' in body) return { detail: body.target_module_id };
  if ('module_ref' in body) return { detail: `${body.module_ref} ${body.status}` };
  if ('verdict' in body) return { detail: body.verdict };
  if ('net_amount' in body) return { detail: `${body.net_amount} ${body.asset_identifier}` };
  return { detail: `step ${body.step}` };
}

function aboutExecution(body: ToolExecutionReceipt): Partial<EntryLine> {
  const { outcome, satisfied, detail } = body;
  const isShort = outcome === 'completed' && !satisfied;
  return {
    word: isShort ? 'contract_violation' : outcome,
    code: isShort ? 'execution.contract_violation' : `execution.${outcome}`,
    ...(detail === undefined ? {} : { detail }),
  };
}

function aboutPayload({ operation, payload, events }: LogEntry): Partial<EntryLine> {
  if (operation === 'boundary/contract.register') {
    const contract = payload['contract'] as { readonly tool: string; readonly target: string };
    return { target: contract.target, detail: contract.tool };
  }
  if (operation === 'boundary/policy.activate') return aboutPolicy(payload, events);
  if (operation === 'boundary/bundle.accept') {
    const bundle = payload['bundle'] as Readonly<Record<'organisation_id' | 'version', string>>;
    return { detail: `${bundle.organisation_id} version ${bundle.version}` };
  }
  if (operation === 'commits/record') {
    const { repository, commits } = payload as RecordCommits;
    return {
      path: repository,
      detail: commits.map(({ commit }) => commit.slice(0, 12)).join(', '),
    };
  }
  if (operation.startsWith('roles/')) return aboutSignIn(events);
  const pinned = payload['pin'] ?? payload['unpin'];
  if (operation.startsWith('governance/organisation.')) {
    return { detail: (pinned as { readonly organisation_id: string }).organisation_id };
  }
  return {};
}

/** Who signed in, and in which groups; or why that is over. */
function aboutSignIn([event]: LogEntry['events']): Partial<EntryLine> {
  const { session, reason } = Object(event) as { session?: RoleSessionHead; reason?: string };
  if (session === undefined) return reason === undefined ? {} : { detail: reason };
  const { subject, groups, break_glass } = session;
  const why = break_glass === undefined ? '' : `, glass broken: ${break_glass.reason}`;
  return { detail: `${subject} of ${groups.join(', ') || 'no group'}${why}` };
}

function aboutPolicy(
  { envelope, token }: LogEntry['payload'],
  events: LogEntry['events'],
): Partial<EntryLine> {
  const { policy_id, version } = envelope as Record<'policy_id' | 'version', string>;
  const mode = events.find((event) => event['mode'] === 'observe');
  const until = mode?.['observe_until'];
  const end = typeof until === 'string' ? ` until ${printChainTime(BigInt(until))}` : '';
  const { co_sigs: beside = [] } = (token ?? {}) as Partial<ApprovalToken>;
  const confirmed = beside.some(({ algorithm }) => algorithm === 'webauthn');
  const observes = `, observes${end}${confirmed ? ', confirmed by a passkey' : ''}`;
  return { detail: `${policy_id} version ${version}${mode === undefined ? '' : observes}` };
}
