import { assert } from '@ioi/basis';
import { digestOf } from '@ioi/canon';
import type { HeadChange, HeadKey, ReceiptBodies, Stamp, View } from '@ioi/protocol';
import { type GraphSessionHead, graphKeys } from '../graphs/heads.ts';
import { evolveAuthority, touchesAuthority } from '../wallet/evolve-authority.ts';
import { release, reserve, settle } from './budgets.ts';
import type { BoundaryEvent, EventOf } from './events.ts';
import { type ActionHead, type ActionState, type BudgetHead, keys, OPEN_STATES } from './heads.ts';
import { receiptHash } from './receipts.ts';

/** Keys an event changes, or reads to change them. */
export function touches(event: BoundaryEvent): readonly HeadKey[] {
  switch (event.type) {
    case 'genesis.created':
      return [keys.node];
    case 'policy.activated':
      return [keys.policy];
    case 'bundle.accepted':
      return [keys.bundle(event.key_id, event.bundle.organisation_id)];
    case 'contract.registered':
      return [keys.contract(event.contract_hash)];
    case 'approval.consumed':
      return [keys.token(event.token_hash)];
    case 'action.committed':
      return [
        keys.action(event.committed.request_hash),
        ...event.committed.reservations.map((each) => keys.budget(each.budget_id)),
      ];
    case 'budget.settled':
      return [keys.budget(event.budget_id)];
    case 'receipt.emitted':
      return touchedByReceipt(event);
    case 'action.extended':
      return [keys.action(event.request_hash)];
    case 'authority.used':
      return [keys.action(event.request_hash), ...touchesAuthority(event)];
    case 'authority.requested':
    case 'authority.closed':
    case 'authority.released':
      return touchesAuthority(event);
    case 'clock.resynced':
    case 'egress.inspected':
    case 'egress.permitted':
    case 'firewall.intercepted':
      return [];
  }
}

function touchedByReceipt({ receipt, session_id }: EventOf<'receipt.emitted'>): HeadKey[] {
  const { request_hash } = receipt.body;
  const last =
    stepIn(receipt) === undefined ? [keys.lastReceipt] : [keys.lastReceipt, keys.lastStep];
  if (request_hash === undefined) return last;
  const ofGraph = session_id === undefined ? [] : [graphKeys.session(session_id)];
  return [...last, keys.action(request_hash), keys.open(request_hash), ...ofGraph];
}

/** The fold: how each event changes the heads (design section 4). Pure and total. */
export function evolve(view: View, event: BoundaryEvent, at: Stamp): readonly HeadChange[] {
  switch (event.type) {
    case 'genesis.created':
      return [{ key: keys.node, value: { ...event.genesis, revocation_epoch: '0' } }];
    case 'policy.activated': {
      const { policy_id, policy_hash, version, mode, observe_until: until } = event;
      const ends = until === undefined ? {} : { observe_until: until };
      const observing = mode === undefined ? {} : { mode, ...ends };
      return [{ key: keys.policy, value: { policy_id, policy_hash, version, ...observing } }];
    }
    case 'bundle.accepted': {
      const { key_id, bundle } = event;
      return [{ key: keys.bundle(key_id, bundle.organisation_id), value: bundle }];
    }
    case 'contract.registered':
      return [{ key: keys.contract(event.contract_hash), value: { contract: event.contract } }];
    case 'approval.consumed':
      return [{ key: keys.token(event.token_hash), value: { request_hash: event.request_hash } }];
    case 'action.committed':
      return committed(view, event, at);
    case 'budget.settled':
      return settled(view, event);
    case 'receipt.emitted':
      return [...lastReceipt(event.receipt), ...receipted(view, event, at)];
    case 'action.extended':
      return [extended(view, event)];
    case 'authority.used':
      return [doneUnder(view, event), ...evolveAuthority(view, event)];
    case 'authority.requested':
    case 'authority.closed':
    case 'authority.released':
      return evolveAuthority(view, event);
    case 'clock.resynced':
    case 'egress.inspected':
    case 'egress.permitted':
    case 'firewall.intercepted':
      return [];
  }
}

function lastReceipt(receipt: EventOf<'receipt.emitted'>['receipt']): HeadChange[] {
  const last = { key: keys.lastReceipt, value: { hash: receiptHash(receipt.body) } };
  const step = stepIn(receipt);
  return step === undefined ? [last] : [last, { key: keys.lastStep, value: { hash: step } }];
}

function stepIn({ body }: EventOf<'receipt.emitted'>['receipt']): string | undefined {
  return 'step_i_hash' in body ? body.step_i_hash : undefined;
}

function committed(
  view: View,
  event: EventOf<'action.committed'>,
  at: Stamp,
): readonly HeadChange[] {
  const { request_hash, reservations } = event.committed;
  const key = keys.action(request_hash);
  const action = view.get<ActionHead>(key);
  const hash = digestOf(event.committed);
  assert(action !== undefined && hash.ok, 'the decision receipt comes first');
  const head: ActionHead = { ...action, committed_hash: hash.value, reservations };
  const use = { at: at.chainTime, requestHash: request_hash as ActionHead['decision_hash'] };
  const budgets = reservations.map((reservation) => {
    const budgetKey = keys.budget(reservation.budget_id);
    const value = reserve(view.get<BudgetHead>(budgetKey), reservation, use);
    return { key: budgetKey, value };
  });
  return [{ key, value: head }, ...budgets];
}

function doneUnder(view: View, { request_hash, use }: EventOf<'authority.used'>): HeadChange {
  const key = keys.action(request_hash);
  const action = view.get<ActionHead>(key);
  assert(action !== undefined, 'what is done was committed');
  return { key, value: { ...action, authority: use } };
}

function extended(view: View, event: EventOf<'action.extended'>): HeadChange {
  const { request_hash, expires, expired_first } = event;
  const key = keys.action(request_hash);
  const action = view.get<ActionHead>(key);
  assert(action !== undefined, 'what is given more time waits');
  return { key, value: { ...action, expires, expired_first } };
}

function receipted(
  view: View,
  event: EventOf<'receipt.emitted'>,
  at: Stamp,
): readonly HeadChange[] {
  const { body } = event.receipt;
  if (body.request_hash === undefined) return [];
  const action = 'outcome' in body ? executed(view, event) : decided(view, event, at);
  const isOpen = OPEN_STATES.includes(action.state);
  return [
    { key: keys.action(body.request_hash), value: action },
    { key: keys.open(body.request_hash), value: isOpen ? { state: action.state } : undefined },
    ...countedIn(view, event),
  ];
}

/** How many acts a step of a graph asked for: its run ends with all of them. */
function countedIn(view: View, { receipt, session_id }: EventOf<'receipt.emitted'>): HeadChange[] {
  const { request_hash = '' } = receipt.body;
  const isFirst = view.get(keys.action(request_hash)) === undefined;
  if (session_id === undefined || !isFirst) return [];
  const key = graphKeys.session(session_id);
  const head = view.get<GraphSessionHead>(key);
  assert(head !== undefined, 'a step has its session before its acts');
  return [{ key, value: { ...head, acts: (head.acts ?? 0) + 1 } }];
}

function decided(view: View, event: EventOf<'receipt.emitted'>, at: Stamp): ActionHead {
  const { receipt, contract_hash, attempt, facts_hash, expires, session_id } = event;
  const { body } = receipt;
  assert(!('outcome' in body) && body.request_hash !== undefined, 'a decision on a request');
  assert(contract_hash !== undefined && attempt !== undefined, 'a decision names its contract');
  assert(facts_hash !== undefined, 'a decision names its facts');
  assert(receipt.isolation_tier !== undefined, 'a decision names its isolation tier');
  const key = keys.action(body.request_hash);
  const earlier = view.get<ActionHead>(key);
  const state = stateAfter(body.verdict.kind, earlier !== undefined);
  const denied = state === 'denied' ? { denied: body.code } : {};
  return {
    state,
    agent_id: receipt.actor_id,
    contract_hash,
    ...(body.policy_hash === undefined
      ? {}
      : { policy_hash: body.policy_hash as ActionHead['decision_hash'] }),
    attempt,
    isolation_tier: receipt.isolation_tier,
    facts_hash,
    decided_seq: String(at.seq),
    decision_hash: receiptHash(body),
    ...(expires === undefined ? {} : { expires }),
    ...(session_id === undefined ? {} : { session_id, ...denied }),
    ...waitsFor(body),
  };
}

/** The grant that a request waits for; a person who approves it does not give that. */
function waitsFor(body: ReceiptBodies['policy']): Pick<ActionHead, 'authority_request_id'> {
  const { verdict, authority_request_id } = body;
  const isAsked = verdict.kind === 'PendingApproval' && authority_request_id !== undefined;
  return isAsked ? { authority_request_id } : {};
}

function stateAfter(verdict: string, waited: boolean): ActionState {
  if (verdict === 'PendingApproval') return 'pending';
  if (verdict === 'Block') return waited ? 'denied' : 'blocked';
  return 'committed';
}

function executed(view: View, event: EventOf<'receipt.emitted'>): ActionHead {
  const { body } = event.receipt;
  assert('outcome' in body, 'an execution receipt');
  const key = keys.action(body.request_hash);
  const action = view.get<ActionHead>(key);
  assert(action !== undefined, 'what was executed was committed');
  return { ...action, state: body.outcome, execution_hash: receiptHash(body) };
}

function settled(view: View, event: EventOf<'budget.settled'>): readonly HeadChange[] {
  const key = keys.budget(event.budget_id);
  const head = view.get<BudgetHead>(key);
  assert(head !== undefined, 'what is settled was reserved');
  const { budget_id, request_hash } = event;
  const value = event.released
    ? release(head, request_hash)
    : settle(head, budget_id, request_hash);
  return [{ key, value }];
}
