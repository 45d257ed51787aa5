import { assert, decodeHex } from '@ioi/basis';
import type { HeadChange, HeadKey, Stamp, View } from '@ioi/protocol';
import { keys, type OrganisationHead } from '../boundary/heads.ts';
import { receiptHash } from '../boundary/receipts.ts';
import { type AccumulatorHead, accumulate, receiptLeaf } from './accumulator.ts';
import { approversAfter } from './approvers.ts';
import type { GovernanceEvent, GovernanceEventOf, GovernanceReceipt } from './events.ts';
import {
  type ChainHead,
  type ChainIndexHead,
  governanceKeys,
  type InvocationHead,
  type LeaseHead,
  type ProposalHead,
  type RevokedLeasesHead,
  type SessionHead,
  type SettlementHead,
} from './heads.ts';
import { hashOf } from './names.ts';
import { standingRevocations } from './portable-sessions.ts';

/** Keys an event changes, or reads to change them. */
export function touches(event: GovernanceEvent): readonly HeadKey[] {
  if (event.type === 'receipt.emitted') return [keys.lastReceipt, ...rootsOf(event.receipt)];
  const key = subjectOf(event);
  return event.type === 'chain.created' ? [key, governanceKeys.chains] : [key];
}

/** The one object that an event is about. */
function subjectOf(event: Exclude<GovernanceEvent, { type: 'receipt.emitted' }>): HeadKey {
  switch (event.type) {
    case 'node.announced':
      return governanceKeys.announced;
    case 'chain.created':
      return governanceKeys.chain(event.chain.envelope.chain_id);
    case 'chain.advanced':
      return governanceKeys.chain(event.envelope.chain_id);
    case 'organisation.pinned':
    case 'organisation.unpinned':
      return keys.organisation;
    case 'factor.enrolled':
    case 'level.enrolled':
    case 'factor.revoked':
    case 'approval.rules_set':
      return keys.approvers;
    case 'module.registered':
    case 'module.swapped':
      return governanceKeys.module(event.module.manifest.module_id);
    case 'module.mounted':
      return governanceKeys.mounted(event.mounted.manifest.module_id);
    case 'target.changed':
      return governanceKeys.target(event.chain_id, event.target);
    case 'module.invocation_started':
    case 'module.invocation_completed':
    case 'module.invocation_failed':
      return governanceKeys.invocation(event.invocation_id);
    case 'upgrade.proposal_submitted':
    case 'upgrade.proposal_simulated':
    case 'upgrade.proposal_decided':
    case 'upgrade.proposal_committed':
    case 'upgrade.proposal_rolled_back':
      return governanceKeys.proposal(event.proposal_id);
    case 'local_settlement.committed':
      return governanceKeys.settlement(event.settlement_id);
    case 'session.opened':
    case 'session.stepped':
      return governanceKeys.session(event.session_id);
    case 'session.closed':
      return governanceKeys.session(event.commitment.session_id);
    case 'session_lease.issued':
      return governanceKeys.lease(event.session.session_id);
    case 'session_lease.revoked':
      return governanceKeys.revokedLeases;
    case 'approval.consumed':
      return keys.token(event.token_hash);
  }
}

/** The fold: how each event changes the heads (design section 4). Pure and total. */
export function evolve(view: View, event: GovernanceEvent, at: Stamp): readonly HeadChange[] {
  if (event.type === 'receipt.emitted') return receipted(view, event.receipt);
  if (event.type === 'session_lease.revoked') return [revoked(view, event, at)];
  const key = subjectOf(event);
  const change = { key, value: valueAfter(event, view, key) };
  if (event.type !== 'chain.created') return [change];
  const known = view.get<ChainIndexHead>(governanceKeys.chains)?.chains ?? [];
  const chains = [...known, event.chain.envelope.chain_id];
  return [change, { key: governanceKeys.chains, value: { chains } }];
}

function valueAfter(
  event: Exclude<GovernanceEvent, { type: 'receipt.emitted' | 'session_lease.revoked' }>,
  view: View,
  key: HeadKey,
): unknown {
  switch (event.type) {
    case 'node.announced':
      return { envelope: event.envelope };
    case 'chain.created':
      return event.chain;
    case 'chain.advanced':
      return advanced(held<ChainHead>(view, key), event);
    case 'organisation.pinned': {
      const { type: _, sequence, ...pinned } = event;
      return { sequence, pinned } satisfies OrganisationHead;
    }
    case 'organisation.unpinned':
      return { sequence: event.sequence } satisfies OrganisationHead;
    case 'factor.enrolled':
    case 'level.enrolled':
    case 'factor.revoked':
    case 'approval.rules_set':
      return approversAfter(view, event);
    case 'module.registered':
    case 'module.swapped':
      return event.module;
    case 'module.mounted':
      return event.mounted;
    case 'target.changed':
      return { hash: event.hash, sequence: event.sequence };
    case 'module.invocation_started':
      return event.started;
    case 'module.invocation_completed':
      return { ...held<InvocationHead>(view, key), state: 'completed' };
    case 'module.invocation_failed':
      return { ...held<InvocationHead>(view, key), state: 'failed' };
    case 'local_settlement.committed':
      return { chains: event.chains } satisfies SettlementHead;
    case 'approval.consumed':
      return { request_hash: event.request_hash };
    case 'session.opened':
      return event.opened;
    case 'session.stepped':
      return stepped(held<SessionHead>(view, key), event);
    case 'session.closed':
      return { ...held<SessionHead>(view, key), state: 'closed' };
    case 'session_lease.issued': {
      const { subject_id, expires_at } = event.session;
      return { subject_id, expires_at } satisfies LeaseHead;
    }
    case 'upgrade.proposal_submitted':
      return event.submitted;
    default:
      return proposalAfter(held<ProposalHead>(view, key), event);
  }
}

type ProposalEvent = GovernanceEventOf<
  | 'upgrade.proposal_simulated'
  | 'upgrade.proposal_decided'
  | 'upgrade.proposal_committed'
  | 'upgrade.proposal_rolled_back'
>;

function proposalAfter(head: ProposalHead, event: ProposalEvent): ProposalHead {
  switch (event.type) {
    case 'upgrade.proposal_simulated': {
      const { passed, result_hash } = event;
      return { ...head, state: passed ? 'simulated' : 'failed', result_hash };
    }
    case 'upgrade.proposal_decided': {
      const { token_hash: _, ...undecided } = head;
      const { state, inclusion_result, token_hash } = event;
      const token = token_hash === undefined ? {} : { token_hash };
      return { ...undecided, state, inclusion_result, ...token };
    }
    case 'upgrade.proposal_committed':
      return { ...head, state: 'committed' };
    case 'upgrade.proposal_rolled_back':
      return { ...head, state: 'rolled_back' };
  }
}

function revoked(
  view: View,
  { session_id, expires_at, sequence }: GovernanceEventOf<'session_lease.revoked'>,
  { chainTime }: Stamp,
): HeadChange {
  const others = standingRevocations(view, chainTime);
  const value: RevokedLeasesHead = {
    sequence,
    revoked: [...others, { session_id, expires_at }],
  };
  return { key: governanceKeys.revokedLeases, value };
}

function advanced(head: ChainHead, { envelope }: GovernanceEventOf<'chain.advanced'>): ChainHead {
  const isSame = head.envelope.policy_hash === envelope.policy_hash;
  const policy_sequence = String(BigInt(head.policy_sequence) + (isSame ? 0n : 1n));
  return { ...head, envelope, envelope_hash: hashOf(envelope), policy_sequence };
}

function stepped(head: SessionHead, { leaf }: GovernanceEventOf<'session.stepped'>): SessionHead {
  const hash = decodeHex(leaf.slice('sha256:'.length));
  assert(hash !== undefined, 'a leaf is a digest');
  const steps = String(BigInt(head.steps) + 1n);
  return { ...head, steps, accumulator: accumulate(head.accumulator, hash) };
}

/** Accumulators a receipt becomes a leaf of: that of the node, and of the chains it is about. */
function rootsOf({ body }: GovernanceReceipt): HeadKey[] {
  const chains = 'involved_chains' in body ? body.involved_chains : chainIn(body);
  return [governanceKeys.nodeReceipts, ...chains.map(governanceKeys.chainReceipts)];
}

function chainIn(body: GovernanceReceipt['body']): readonly string[] {
  return 'chain_id' in body && body.chain_id !== undefined ? [body.chain_id] : [];
}

function receipted(view: View, receipt: GovernanceReceipt): readonly HeadChange[] {
  const leaf = receiptLeaf(receipt.body);
  const roots = rootsOf(receipt).map((key) => ({
    key,
    value: accumulate(view.get<AccumulatorHead>(key), leaf),
  }));
  return [{ key: keys.lastReceipt, value: { hash: receiptHash(receipt.body) } }, ...roots];
}

function held<T>(view: View, key: HeadKey): T {
  const head = view.get<T>(key);
  assert(head !== undefined, 'an event changes what an earlier one made');
  return head;
}
