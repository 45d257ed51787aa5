import { assert, encodeUtf8, finish } from '@ioi/basis';
import { digestBytes, digestOf } from '@ioi/canon';
import type { ActionRequest, ActionRules, DecideAction, RuntimeToolContract } from '@ioi/protocol';
import { egressRules, inspectVault, withEgress } from '../core/boundary/index.ts';
import { whatMayLeave } from '../core/cim/index.ts';
import { compilePolicy, evaluate, subjectOf } from '../core/policy/index.ts';
import { textOf } from './artifacts.ts';

/** A tool that sends a text out. */
export const mailContract: RuntimeToolContract = {
  server: 'mail',
  tool: 'send',
  version: '1',
  schema_hash: digestBytes('mail'),
  target: 'mail::send',
  primitive_capabilities: ['prim:net.request'],
  authority_scopes: [],
  risk_class: 'low',
  effect: 'at_most_once',
  parameters: [{ argument: 'body', parameter: 'text', kind: 'content' }],
  facts: [],
  secret_slots: [],
  rrsa_domain: 'unmapped',
  applicability_class: 'remote_retrieval',
  postconditions: [],
  limits: { timeout_ms: 1000, output_bytes: 1000 },
};

export const mailPolicy: ActionRules = {
  policy_id: 'mail',
  defaults: 'deny_all',
  rules: [{ rule_id: 'send', target: 'mail::send', conditions: {}, action: 'ALLOW' }],
  egress: [
    { target: 'mail::*', transform: ['email'], require_approval: ['iban'], deny: ['card_pan'] },
  ],
};

export type Outgoing = { readonly payload: DecideAction; readonly vault: string };

const SALT = 'ab'.repeat(16);
const VAULT_SALT = 'cd'.repeat(16);

/** A mail as the daemon proposes it under a policy: inspected, and only what may leave left. */
export function outgoing(text: string, rules: ActionRules, nonce: string): Outgoing {
  const policy = compilePolicy(rules);
  const egress = egressRules({ local: policy }, mailContract) ?? [];
  const params = { text };
  const leaving = whatMayLeave({ params, contract: mailContract, rules: egress });
  const left = finish(leaving)['text'] as string;
  const reference = { $payload: digestBytes(SALT + left), bytes: left.length };
  const context = { agent_id: 'agent://local/test' };
  const request = { target: 'mail::send', params: { text: reference }, context, nonce };
  const vault = VAULT_SALT + textOf({ params, salts: { [reference.$payload]: SALT } });
  return { payload: proposal(request, vault, rules), vault };
}

function proposal(request: ActionRequest, vault: string, rules: ActionRules): DecideAction {
  const policy = compilePolicy(rules);
  const egress = egressRules({ local: policy }, mailContract);
  const sourceHash = digestBytes(vault);
  const content = encodeUtf8(vault);
  const inspected =
    egress && finish(inspectVault({ content, contract: mailContract, rules: egress, sourceHash }));
  const budgets = { calls: () => 0, spent: () => 0n };
  const ruled = evaluate(policy, subjectOf(request, {}), budgets);
  const contract = digestOf(mailContract);
  assert(contract.ok, 'a contract has a canonical form');
  return {
    request,
    contract_hash: contract.value,
    facts: {},
    attempt: 1,
    verdict: withEgress(ruled, inspected?.decision.outcome).verdict,
    isolation_tier: 'mediated',
    budget_ids: [],
    ...(inspected ? { inspection: inspected.decision } : {}),
  };
}
