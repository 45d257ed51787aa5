import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { exitCode, exitOfProblem, exits } from './exit-codes.ts';

test('the numbers are the documented ones', () => {
  const numbers = Object.fromEntries(exits.map(({ name, code }) => [name, code]));
  assert.deepEqual(numbers, {
    ok: 0,
    unexpected: 1,
    usage: 2,
    authority: 3,
    unreachable: 4,
    tool: 5,
    blocked: 10,
    pending: 11,
    unverified: 12,
  });
  assert.equal(exitCode('unverified'), 12);
});

test('a refusal of the node has the exit of its kind', () => {
  const kinds = {
    'approver.keyfile.wrong_passphrase': 'authority',
    'approver.locked': 'authority',
    'approval.required': 'pending',
    'approval.expired': 'authority',
    'policy.blocked': 'blocked',
    'policy.none_active': 'blocked',
    'policy.not_canonical': 'usage',
    'policy.already_active': 'usage',
    'execution.effect_unknown': 'tool',
    'query.invalid': 'usage',
    'projection.reserved': 'usage',
    'session.out_of_scope': 'authority',
    'consistency.timeout': 'unexpected',
    'action.not_pending': 'unexpected',
    toString: 'unexpected',
  };
  for (const [code, exit] of Object.entries(kinds)) assert.equal(exitOfProblem(code), exit);
});

test('the guide lists exactly these', () => {
  const guide = new URL('../../../../docs/guides/exit-codes.md', import.meta.url);
  const rows = readFileSync(guide, 'utf8').matchAll(/^\| ([0-9]+) \| (\w+) \| (.+) \|$/gm);
  assert.deepEqual(
    [...rows].map(([, code, name, meaning]) => ({ code: Number(code), name, meaning })),
    exits.map(({ code, name, meaning }) => ({ code, name, meaning })),
  );
});
