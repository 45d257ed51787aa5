import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ActionRules } from '@ioi/protocol';
import { loadPolicy } from '../policy/index.ts';
import { type Answered, leaseFor } from './index.ts';

const ROOT = '/home/ada/shop';
const TERMS = { now: 1000n, lasts: 60_000n, calls: 20 };

function policy(): ActionRules {
  const asks = { conditions: { allow_paths: [ROOT] }, action: 'REQUIRE_APPROVAL' };
  const rules = [{ rule_id: 'ask', target: 'fs::write', ...asks }];
  const loaded = loadPolicy(JSON.stringify({ policy_id: 'p', rules }));
  assert(loaded.ok);
  return loaded.value.rules;
}

function write(path: string, isApproved = true, agent = 'a'): Answered {
  const context = { agent_id: `agent://${agent}/1` as const };
  const params = { path: `${ROOT}/${path}`, content: 'x' };
  const request = { target: 'fs::write', params, context, nonce: '0' };
  return { request, facts: { workspace_root: ROOT }, isApproved };
}

const pathsOf = (found: ReturnType<typeof leaseFor>) =>
  found.ok ? found.value.rule.conditions.allow_paths : found.error;

test('a lease over one that waits takes what was approved of its kind along', () => {
  const alone = leaseFor(write('src/a.ts'), [], policy(), TERMS);
  assert.deepEqual(pathsOf(alone), [`${ROOT}/src/a.ts`]);
  assert.equal(alone.ok && alone.value.hits, 1);
  const before = [write('src/b.ts'), write('src/c.ts'), write('elsewhere', true, 'other')];
  const wider = leaseFor(write('src/a.ts'), before, policy(), TERMS);
  assert.deepEqual(pathsOf(wider), [`${ROOT}/src`]);
  assert.equal(wider.ok && wider.value.rule.conditions.expires, '61000');
});

test('what was denied is not covered: then it is over this one alone, or there is none', () => {
  const approved = [write('src/b.ts'), write('src/c.ts')];
  const narrow = leaseFor(
    write('src/a.ts'),
    [...approved, write('src/d.ts', false)],
    policy(),
    TERMS,
  );
  assert.ok(narrow.ok);
  assert.ok(!JSON.stringify(narrow.value.rule.conditions).includes('d.ts'));
  const same = leaseFor(write('src/a.ts'), [write('src/a.ts', false)], policy(), TERMS);
  assert.equal(pathsOf(same), 'a request like these was denied');
  const outside = { ...write('x'), request: { ...write('x').request, target: 'fs::read' } };
  assert.match(String(pathsOf(leaseFor(outside, [], policy(), TERMS))), /^no rule of the policy/);
});
