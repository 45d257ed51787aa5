import { randomBytes } from 'node:crypto';
import type { Result } from '@ioi/basis';
import {
  type ActionHead,
  type HoldingHead,
  keys,
  type NodeHead,
  ownerIssuerOf,
  type PolicyHead,
  refusalUnder,
  type ScopedAct,
  type Standing,
  scopedAct,
  standingOf,
  subjectOf,
  WALLET,
  walletKeys,
} from '@ioi/law';
import type {
  ActionFacts,
  AuthorityScopeRequestEnvelope,
  LogEntry,
  Rejection,
  WantedScopes,
} from '@ioi/protocol';
import { type Call, decidedIn } from '../core/index.ts';
import type { Boundary } from './boundary.ts';
import type { HeadReader } from './head-reader.ts';
import { submitOnce } from './submit-once.ts';
import type { Writer } from './writer.ts';

export const NO_GRANT: Rejection = {
  code: 'authority.invalid',
  message: 'no grant its agent holds covers it',
};

/** The grant an act is proposed under; none where it needs none, or its agent holds none for it. */
export function grantFor(
  { request, contract, requestHash }: Call,
  facts: ActionFacts,
  reader: HeadReader,
): { authority_grant_id?: string } {
  const node = reader.get<NodeHead>(keys.node);
  if (contract.authority_scopes.length === 0 || !node) return {};
  const subject = subjectOf(request, facts);
  const policyHash = reader.get<PolicyHead>(keys.policy)?.policy_hash;
  const act = scopedAct({ request, subject, contract }, { requestHash, policyHash });
  const chainTime = BigInt(reader.chainTime());
  const now = { revocationEpoch: node.revocation_epoch, chainTime };
  const id = heldBy(act.subjectId, reader).find((each) => covers(each, act, { reader, now }));
  return id === undefined ? {} : { authority_grant_id: id };
}

function heldBy(subjectId: string, reader: HeadReader): readonly string[] {
  return reader.get<HoldingHead>(walletKeys.holding(subjectId))?.grants ?? [];
}

type Looking = {
  readonly reader: HeadReader;
  readonly now: Pick<Standing, 'revocationEpoch' | 'chainTime'>;
};

function covers(grantId: string, act: ScopedAct, { reader, now }: Looking): boolean {
  const standing = standingOf(grantId, reader, now);
  return standing !== undefined && refusalUnder(standing, act) === undefined;
}

/** What the owner signed about authority: acts that waited for it go on, or end. */
export function afterStatement(entry: LogEntry, boundary: Boundary, reader: HeadReader): void {
  if (entry.operation === `${WALLET}/grant.issue`) reconsider(boundary, reader);
  if (entry.operation !== `${WALLET}/grant.deny`) return;
  const decision = decidedIn(entry);
  for (const { requestHash } of boundary.waiting()) {
    const state = reader.get<ActionHead>(keys.action(requestHash))?.state;
    if (decision && state === 'denied') boundary.ended(requestHash, decision);
  }
}

/** Acts that wait for a grant, and whose agent holds any, are decided again. */
export function reconsider(boundary: Boundary, reader: HeadReader): void {
  for (const { requestHash, request } of boundary.waiting()) {
    const action = reader.get<ActionHead>(keys.action(requestHash));
    const isAsking = action?.state === 'pending' && action.authority_request_id !== undefined;
    const holds = heldBy(request.context.agent_id, reader).length > 0;
    if (isAsking && holds) boundary.granted(requestHash);
  }
}

const DAY_MS = 86_400_000;

/** Asks the owner for scopes: seals the request, which `ioi wallet requests` then shows. */
export async function requestScopes(
  wanted: WantedScopes,
  { reader, writer }: { readonly reader: HeadReader; readonly writer: Writer },
  operationId?: string,
): Promise<Result<AuthorityScopeRequestEnvelope, Rejection>> {
  const node = reader.get<NodeHead>(keys.node);
  const { expiry = String(reader.chainTime() + DAY_MS), max_budget_usd } = wanted;
  const budget = max_budget_usd === undefined ? {} : { max_budget_usd };
  const request: AuthorityScopeRequestEnvelope = {
    authority_request_id: `authreq_${randomBytes(16).toString('hex')}`,
    subject_id: wanted.subject_id,
    issuer_id: ownerIssuerOf(node?.node_id ?? ''),
    primitive_capabilities_required: [...wanted.primitive_capabilities],
    authority_scopes_requested: [...wanted.authority_scopes],
    resource_scope: { resources: [...wanted.resources], constraints: { ...budget, expiry } },
    approval_required_for: [],
    status: 'requested',
  };
  const operation = `${WALLET}/scope.request`;
  // The id of the request, and when it ends unless told, were made for the one that was sealed.
  const isSame = (payload: LogEntry['payload']): boolean => {
    return wantedText(payload['request']) === wantedText(request);
  };
  const payload = { request };
  const sealed = await submitOnce({ writer, reader }, { operationId, operation, payload, isSame });
  if (!sealed.ok) return sealed;
  return { ok: true, value: sealed.value.payload['request'] as AuthorityScopeRequestEnvelope };
}

function wantedText(request: unknown): string {
  const {
    subject_id,
    primitive_capabilities_required,
    authority_scopes_requested,
    resource_scope,
  } = request as AuthorityScopeRequestEnvelope;
  const { resources, constraints } = resource_scope;
  const { max_budget_usd } = constraints;
  return JSON.stringify([
    subject_id,
    primitive_capabilities_required,
    authority_scopes_requested,
    resources,
    max_budget_usd,
  ]);
}
