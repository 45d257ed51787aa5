import { assert } from '@ioi/basis';
import { keyId } from '@ioi/crypto';
import type {
  ActionFacts,
  ActionRequest,
  ActionRules,
  ActivatePolicy,
  ApprovalToken,
  DecideAction,
  LogEntry,
  RecordExecution,
  RuntimeToolContract,
} from '@ioi/protocol';
import {
  ACTIVATE_TARGET,
  type ActionHead,
  keys,
  layersInForce,
  type PolicyHead,
  policyCache,
} from '../core/boundary/index.ts';
import { budgetIdsIn, decideLayers, subjectOf } from '../core/policy/index.ts';
import {
  completedExecution,
  hashOf,
  payContract,
  policyText,
  requestOf,
  signEnvelope,
  signToken,
  writeContract,
} from './artifacts.ts';
import type { TestNode } from './test-node.ts';

const TOKEN_TTL_MS = 600_000n;
const HOUR_MS = 3_600_000n;

export type Asked = { readonly request: ActionRequest; readonly payload: DecideAction };

/**
 * What daemon, approver and driver would say on a `TestNode`: payloads that hold, for tests to
 * submit as they are or to break in one place.
 */
export class TestAgent {
  readonly node: TestNode;
  readonly #policies = policyCache();
  #nonce = 0;

  constructor(node: TestNode) {
    this.node = node;
  }

  /** Registers the test contracts and activates a first policy. */
  begin(rules: ActionRules): void {
    this.node.seal(
      this.node.propose('contract.register', { contract: writeContract }),
      this.node.propose('contract.register', { contract: payContract }),
    );
    this.activate(rules);
  }

  activate(rules: ActionRules): LogEntry {
    return this.node.seal(this.node.propose('policy.activate', this.activation(rules)));
  }

  /** With request and token when it replaces a policy. */
  activation(rules: ActionRules): ActivatePolicy {
    const { node } = this;
    const policy_hash = node.savePayload(policyText(rules));
    const active = node.head<PolicyHead>(keys.policy);
    const previous = active ? { previous_policy_hash: active.policy_hash } : {};
    const version = active ? BigInt(active.version) + 1n : 1n;
    const envelope = signEnvelope(node.owner, {
      policy_id: rules.policy_id,
      policy_hash,
      ...previous,
      version: String(version),
      audience: node.genesis.node_id,
    });
    if (!active) return { envelope };
    const request = this.request(ACTIVATE_TARGET, { policy_hash });
    return { envelope, request, token: this.token(request) };
  }

  request(target: string, params: object): ActionRequest {
    this.#nonce += 1;
    return requestOf(target, params, this.#nonce);
  }

  /** A write, decided as the active policy does. */
  write(path: string, facts: ActionFacts = { target_exists: false }): Asked {
    return this.ask(this.request('fs::write', { path, content: 'x' }), writeContract, facts);
  }

  pay(amount: string): Asked {
    return this.ask(this.request('ucp::pay', { amount: { amount, unit: 'usd' } }), payContract);
  }

  ask(request: ActionRequest, contract: RuntimeToolContract, facts: ActionFacts = {}): Asked {
    const payload: DecideAction = {
      request,
      contract_hash: hashOf(contract),
      facts,
      attempt: 1,
      verdict: 'BLOCK',
      isolation_tier: 'mediated',
      budget_ids: [],
    };
    return { request, payload: this.evaluated(payload) };
  }

  /** The payload with the verdict of the layers in force now, nothing of budgets used. */
  evaluated(payload: DecideAction): DecideAction {
    const { view, evidence, chainTime } = this.node;
    const layers = layersInForce({ view, evidence, chainTime, policies: this.#policies });
    assert(layers.ok, 'a test node has its policies');
    const subject = subjectOf(payload.request, payload.facts);
    const budget_ids = [...budgetIdsIn(layers.value, subject)];
    const fresh = { calls: () => 0, spent: () => 0n, time: chainTime };
    const { verdict } = decideLayers(layers.value, subject, fresh);
    return { ...payload, verdict, budget_ids };
  }

  /** Seals the decision; the head it leaves. */
  decide({ request, payload }: Asked): ActionHead {
    this.node.seal(this.node.propose('action.decide', payload));
    return this.action(request);
  }

  action(request: ActionRequest): ActionHead {
    const head = this.node.head<ActionHead>(keys.action(hashOf(request)));
    assert(head !== undefined, 'this request was decided');
    return head;
  }

  /** A one-shot approval of this request under the active policy. */
  token(request: ActionRequest, changed: Partial<ApprovalToken> = {}): ApprovalToken {
    const { node } = this;
    const { user_sig: _, ...rest } = changed;
    const request_hash = hashOf(request);
    return signToken(node.owner, {
      scope: { kind: 'SingleAction', request_hash },
      mode: 'OneShot',
      audience: keyId(node.guardian.publicKey),
      nonce: '1',
      counter: '1',
      request_hash,
      policy_hash: node.head<PolicyHead>(keys.policy)?.policy_hash ?? hashOf('none'),
      expires: String(node.chainTime + TOKEN_TTL_MS),
      revocation_epoch: '0',
      max_usages: '1',
      method: 'passphrase',
      ...rest,
    });
  }

  approve({ request, payload }: Asked): ActionHead {
    return this.decide({ request, payload: { ...payload, token: this.token(request) } });
  }

  deny({ request }: Asked, reason: 'denied' | 'expired' | 'cancelled' = 'denied'): void {
    const payload = { request_hash: hashOf(request), reason };
    this.node.seal(this.node.propose('action.deny', payload));
  }

  /** A person gives it more time. */
  extend({ request }: Asked, moreMs: bigint): void {
    const expires = String(BigInt(this.action(request).expires ?? '0') + moreMs);
    this.node.seal(this.node.propose('action.extend', { request_hash: hashOf(request), expires }));
  }

  /** A completed execution of a committed action, as its contract wants it. */
  execution({ request }: Asked, contract: RuntimeToolContract = writeContract): RecordExecution {
    const decisionHash = this.action(request).decision_hash;
    return completedExecution(contract, { requestHash: hashOf(request), decisionHash });
  }

  complete(asked: Asked, contract: RuntimeToolContract = writeContract): void {
    this.record(this.execution(asked, contract));
  }

  record(execution: RecordExecution): LogEntry {
    return this.node.seal(this.node.propose('action.receipt', execution));
  }

  /** The effect happened, or did not, and nobody knows. */
  lose(asked: Asked, contract: RuntimeToolContract = writeContract): void {
    this.record({ ...this.execution(asked, contract), outcome: 'effect_unknown' });
  }

  reconcile(asked: Asked, contract: RuntimeToolContract = writeContract): void {
    const reconciles = this.action(asked.request).execution_hash;
    assert(reconciles !== undefined, 'only a recorded execution is reconciled');
    this.record({ ...this.execution(asked, contract), reconciles });
  }

  refuse(): void {
    const payload = {
      raw_hash: hashOf('not canonical'),
      agent_id: 'agent://test/mcp',
      code: 'canon.refused',
      isolation_tier: 'advisory',
    };
    this.node.seal(this.node.propose('action.refuse', payload));
  }

  wait(): void {
    this.node.tick(HOUR_MS);
  }
}
