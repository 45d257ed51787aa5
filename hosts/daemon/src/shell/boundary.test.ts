import assert from 'node:assert/strict';
import { test } from 'node:test';
import { err, ok } from '@ioi/basis';
import { digestOf } from '@ioi/canon';
import { policyCache, questionContract } from '@ioi/law';
import type { Call } from '../core/index.ts';
import { writeContract } from '../testing/node-kit.ts';
import { Boundary, type BoundaryOptions } from './boundary.ts';
import { Events } from './events.ts';
import { Pauses } from './pauses.ts';

const call = {
  requestHash: `sha256:${'1'.repeat(64)}`,
  intent: `sha256:${'2'.repeat(64)}`,
  request: { target: 'fs::write', params: {}, context: { agent_id: 'agent://node/mcp' } },
  contract: writeContract,
} as unknown as Call;

const from = (session_id: string, at: number): Call => ({
  ...call,
  requestHash: `sha256:${String(at).repeat(64)}` as Call['requestHash'],
  request: { ...call.request, context: { ...call.request.context, session_id } } as Call['request'],
});

/** A boundary with requests that a person has to decide on, and nothing recorded. */
function withPending(...pending: Call[]): Boundary {
  const boundary = new Boundary({
    events: new Events(),
    writer: { submit: async () => ({ ok: false, error: { code: 'no', message: 'no' } }) },
    log: () => {},
    pauses: new Pauses(),
    isolationTier: 'mediated',
    driverFor: () => ({ gather: () => new Promise(() => {}) }),
  } as unknown as BoundaryOptions);
  const pause = { verdict: 'REQUIRE_APPROVAL', code: 'approval.required' } as never;
  for (const each of pending) boundary.resume(each, pause);
  return boundary;
}

const { signal: calm } = new AbortController();

test('what one connection waits for is taken up by itself, or by others once it has left', () => {
  const boundary = withPending(from('one', 3));
  boundary.arrived('one');
  boundary.arrived('two');
  const joined: number[] = [];
  const caller = { signal: calm, onPending: () => void joined.push(1) };
  const again = boundary.submit(from('one', 4), caller, {});
  assert.equal(joined.length, 1);
  again.abandon();
  boundary.submit(from('two', 5), caller, {});
  assert.equal(joined.length, 1);
  boundary.left('one');
  boundary.submit(from('two', 6), caller, {});
  assert.equal(joined.length, 2);
});

test('an answer that nobody took is not given to another connection that is there', async () => {
  const boundary = withPending(from('one', 3));
  boundary.arrived('one');
  boundary.denied(from('one', 3).requestHash, 'denied');
  await new Promise((resolve) => setTimeout(resolve, 20));
  const take = (session: string, at: number) =>
    boundary.submit(from(session, at), { signal: calm }, {}).answer.then(({ kind }) => kind);
  const anew = new Promise((resolve) => setTimeout(resolve, 50, 'asked anew'));
  assert.equal(await Promise.race([take('two', 6), anew]), 'asked anew');
  assert.equal(await take('one', 7), 'failed');
});

test('a call that its client gave up still ends for whoever carried it', async () => {
  const refused = Promise.withResolvers<object>();
  const boundary = new Boundary({
    policies: policyCache(),
    events: new Events(),
    driverFor: () => undefined,
    isolationTier: 'mediated',
    edge: { secret: async () => undefined },
    writer: { submit: () => refused.promise },
    log: () => {},
    pauses: new Pauses(),
  } as unknown as BoundaryOptions);
  const { signal } = new AbortController();
  const { answer, abandon } = boundary.submit(call, { signal }, {});
  abandon();
  refused.resolve({ ok: false, error: { code: 'writer.closed', message: 'closed' } });
  assert.ok(await answer, 'it takes up no room any more');
});

test('what nobody waits for any more is told when it is over', async () => {
  const boundary = withPending(from('one', 3));
  const again = boundary.submit(from('one', 4), { signal: calm }, {});
  again.abandon();
  let isOver = false;
  const over = again.over.then(() => {
    isOver = true;
  });
  await new Promise(setImmediate);
  assert.ok(!isOver, 'not while it waits');
  boundary.denied(from('one', 3).requestHash, 'denied');
  await over;
});

test('what was sealed before everything was stopped does not begin', async () => {
  const pauses = new Pauses();
  const effects: string[] = [];
  const events = [
    { type: 'action.committed', committed: {} },
    {
      type: 'receipt.emitted',
      receipt: { receipt_id: 'r', body: { verdict: { kind: 'Allow' }, code: 'policy.allowed' } },
    },
  ];
  const submit = async (operation: string, payload: { readonly outcome?: string }) => {
    effects.push(`${operation} ${payload.outcome ?? ''}`);
    if (operation !== 'action.decide') return err({ code: 'no', message: 'no' });
    pauses.stop();
    const hash = digestOf(writeContract);
    const decided = { ...payload, contract_hash: hash.ok ? hash.value : '' };
    const entry = { seq: '1', operation: `boundary/${operation}`, payload: decided, events };
    return ok({ entry, seal: { size: 2 } });
  };
  const boundary = new Boundary({
    pauses,
    policies: policyCache(),
    reader: { get: () => undefined, budgets: () => new Map(), headsOf: () => [] },
    contents: {
      decidedOn: () => ({ contents: {}, payloads: {} }),
      inspected: async () => undefined,
      output: () => undefined,
      hold: async () => ok(() => {}),
      settle: () => {},
    },
    events: new Events(),
    driverFor: () => ({
      gather: async () => ok({}),
      perform: async () => effects.push('performed'),
    }),
    isolationTier: 'mediated',
    edge: { secret: async () => undefined },
    writer: { submit },
    log: (message: string, about: object) => effects.push(`${message} ${JSON.stringify(about)}`),
  } as unknown as BoundaryOptions);
  const { answer } = boundary.submit(from('one', 3), { signal: calm }, {});
  assert.equal((await answer).kind, 'failed');
  assert.deepEqual(effects, ['action.decide ', 'action.receipt failed_before_effect']);
});

test('of one agent no more questions wait than a person would read', async () => {
  const denied: unknown[] = [];
  const submit = async (operation: string, payload: object) => {
    if (operation !== 'action.decide') {
      denied.push(payload);
      return err({ code: 'no', message: 'no' });
    }
    const body = { verdict: { kind: 'PendingApproval' }, code: 'approval.required' };
    const events = [{ type: 'receipt.emitted', receipt: { receipt_id: 'r', body } }];
    return ok({ entry: { operation: 'boundary/action.decide', payload, events }, seal: {} });
  };
  const boundary = new Boundary({
    policies: policyCache(),
    reader: { get: () => undefined, budgets: () => new Map(), headsOf: () => [] },
    contents: {
      decidedOn: () => ({ contents: {}, payloads: {} }),
      inspected: async () => undefined,
      settle: () => {},
    },
    events: new Events(),
    driverFor: () => ({ gather: async () => ok({}) }),
    isolationTier: 'mediated',
    writer: { submit },
    log: () => {},
    pauses: new Pauses(),
  } as unknown as BoundaryOptions);
  const asks = async (at: number, agent_id: string): Promise<string> => {
    const params = { question: 'q', choices: [], answer: '' };
    const asked = { target: 'person::ask', params, context: { agent_id } };
    const requestHash = `sha256:${String(at).padStart(64, '0')}`;
    const about = { requestHash, intent: requestHash, request: asked };
    const question = { ...about, contract: questionContract() } as unknown as Call;
    const waits = new Promise((resolve) => {
      const { answer } = boundary.submit(question, { signal: calm }, {});
      answer.then(() => resolve('answered'));
      setTimeout(resolve, 50, 'waits');
    });
    return String(await waits);
  };
  const all = await Promise.all(Array.from({ length: 17 }, (_, at) => asks(at, 'agent://node/a')));
  assert.deepEqual(all, [...Array(16).fill('waits'), 'answered']);
  assert.equal(denied.length, 1);
  assert.equal(await asks(17, 'agent://node/b'), 'waits');
});
