import { type Digest, digestBytes } from '@ioi/canon';
import type { ActionRules, DecideAction, RuntimeToolContract } from '@ioi/protocol';
import { saltedText } from '../core/content/index.ts';
import { hashOf, payContract } from './artifacts.ts';
import type { Asked, TestAgent } from './test-agent.ts';

/** A tool whose text is decided on. */
export const typeContract: RuntimeToolContract = {
  ...payContract,
  server: 'desk',
  tool: 'type',
  target: 'ui::type',
  risk_class: 'low',
};

/** Typing goes; deletions ask, passwords and keys do not pass. */
export const typingPolicy: ActionRules = {
  policy_id: 'typing',
  defaults: 'deny_all',
  rules: [
    {
      rule_id: 'ask_deletion',
      target: 'ui::type',
      conditions: { block_text_pattern: 'delete' },
      action: 'REQUIRE_APPROVAL',
    },
    {
      rule_id: 'no_keys',
      target: 'ui::type',
      conditions: { block_text_pattern: 'BEGIN .* KEY' },
      action: 'BLOCK',
    },
    {
      rule_id: 'no_passwords',
      target: 'ui::type',
      conditions: { block_text_pattern: 'password' },
      action: 'BLOCK',
    },
    { rule_id: 'type', target: 'ui::type', conditions: {}, action: 'ALLOW' },
  ],
};

export type Typed = Asked & { readonly digest: Digest };

/** A text to be typed, which the node holds and the request refers to. */
export function typed(agent: TestAgent, text: string, verdict: DecideAction['verdict']): Typed {
  const salted = saltedText('5a'.repeat(16), text);
  const digest = agent.node.savePayload(salted);
  const reference = { $payload: digestBytes(salted), bytes: text.length };
  const request = agent.request('ui::type', { text: reference });
  const payload: DecideAction = {
    request,
    contract_hash: hashOf(typeContract),
    facts: {},
    attempt: 1,
    verdict,
    isolation_tier: 'mediated',
    budget_ids: [],
    evidence: [digest],
  };
  return { request, payload, digest };
}

/** The log says that it was forgotten, and then nobody holds it any more. */
export function forget({ node }: TestAgent, ...digests: readonly Digest[]): void {
  const payload = { digests, reason: 'asked for', authority: 'operator' };
  node.seal(node.propose('content/forget', payload));
  for (const digest of digests) node.payloads.delete(digest);
}
