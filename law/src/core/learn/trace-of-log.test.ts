import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { LogEntry } from '@ioi/protocol';
import { learnFromSession } from './learn-from-session.ts';
import { answersOfLog, traceOfLog } from './trace-of-log.ts';

type Said = { readonly kind: string; readonly code: string; readonly observed?: object };

/** An entry as the log has it, of what is looked at here. */
function entry(operation: string, hash: string, { kind, code, observed }: Said): LogEntry {
  const body = { request_hash: hash, verdict: { kind }, code, ...(observed ? { observed } : {}) };
  const context = { agent_id: 'agent://a/b', session_id: 'session' };
  const request = { target: 'fs::read', params: { path: `/w/${hash}` }, context, nonce: '0' };
  return {
    chain_time: '0',
    operation: `boundary/action.${operation}`,
    payload: operation === 'decide' ? { request, facts: {} } : { request_hash: hash },
    events: [{ type: 'receipt.emitted', receipt: { body } }],
  } as unknown as LogEntry;
}

const allowed = { kind: 'Allow', code: 'policy.allowed' };
const pending = { kind: 'PendingApproval', code: 'approval.required' };
const approved = { kind: 'Approved', code: 'policy.approved' };
const refused = { kind: 'Block', code: 'policy.default_deny' };
const denied = { kind: 'Block', code: 'approval.denied' };
const watched = { kind: 'Allow', code: 'policy.observed', observed: refused };
const hashes = (list: readonly { readonly request: { readonly params: object } }[]) =>
  list.map(({ request }) => Object.values(request.params).join());

test('what did not go ahead is not learnt from, whatever stopped it', () => {
  const { trace, held } = traceOfLog(
    [
      entry('decide', 'allowed', allowed),
      entry('decide', 'watched', watched),
      entry('decide', 'waiting', pending),
      entry('decide', 'refused', refused),
      entry('decide', 'spent', { kind: 'Block', code: 'policy.budget_exhausted' }),
      entry('decide', 'outside', { kind: 'Block', code: 'capability.outside_envelope' }),
      entry('decide', 'denied', pending),
      entry('deny', 'denied', denied),
      entry('decide', 'later', refused),
      entry('decide', 'later', allowed),
    ],
    {},
  );
  assert.deepEqual(hashes(trace), ['/w/allowed', '/w/watched', '/w/waiting', '/w/later']);
  assert.deepEqual(hashes(held), ['/w/refused', '/w/spent', '/w/outside', '/w/denied']);
  assert.deepEqual(
    trace.map(({ isAsked }) => isAsked),
    [false, false, true, false],
  );
});

test('approvals count from a time on, denials always', () => {
  const entries = [
    entry('decide', 'one', pending),
    entry('decide', 'one', approved),
    entry('decide', 'two', pending),
    entry('deny', 'two', denied),
    entry('decide', 'three', pending),
    { ...entry('decide', 'three', approved), chain_time: '7' },
    entry('decide', 'four', allowed),
  ];
  const said = (since?: bigint) =>
    answersOfLog(entries, since).map(({ request, isApproved }) => {
      return `${Object.values(request.params).join()} ${isApproved}`;
    });
  assert.deepEqual(said(), ['/w/one true', '/w/two false', '/w/three true']);
  assert.deepEqual(said(7n), ['/w/two false', '/w/three true']);
  assert.deepEqual(said(8n), ['/w/two false']);
});

test('of a session, what nobody allowed is asked for, and what a rule forbids is not', () => {
  const forbidden = { kind: 'Block', code: 'policy.blocked' };
  const cancelled = { kind: 'Block', code: 'approval.cancelled' };
  const entries = [
    entry('decide', 'allowed', allowed),
    entry('decide', 'refused', refused),
    entry('decide', 'waiting', pending),
    entry('deny', 'waiting', cancelled),
    entry('decide', 'forbidden', forbidden),
  ];
  const learnt = learnFromSession(entries, undefined, 'session');
  const said = learnt?.rules.map(({ rule }) => [
    rule.action,
    ...(rule.conditions.allow_paths ?? []),
  ]);
  assert.deepEqual(said, [
    ['ALLOW', '/w/allowed'],
    ['REQUIRE_APPROVAL', '/w/refused', '/w/waiting'],
  ]);
  assert.equal(learnt?.requests, 3);
  assert.equal(learnFromSession(entries, undefined, 'another'), undefined);
});
