import assert from 'node:assert/strict';
import { test } from 'node:test';
import { methodContracts } from '@ioi/drivers';
import type { Ask, InputRequests } from '@ioi/protocol';
import type { Call } from '../../core/index.ts';
import type { Caller } from '../caller.ts';
import { Pauses } from '../pauses.ts';
import type { Capturing } from './capture.ts';
import { governedAsk } from './governed-ask.ts';
import { Session } from './session.ts';

const LET = 'Your name?';
const params = (message: string) => ({ mode: 'form', message, requestedSchema: {} });
const elicit = (message: string) => ({ method: 'elicitation/create', params: params(message) });
const accepted = { kind: 'result', result: { action: 'accept', content: {} } } as const;

/** A boundary that lets one question through, and records each. */
function asking(ask: Ask) {
  const recorded: Call[] = [];
  const withdrawn: string[] = [];
  const perform = async (call: Call, { ask: put, onPending }: Caller) => {
    recorded.push(call);
    onPending?.({} as never);
    const isLet = JSON.stringify(call.request.params).includes(LET);
    const decision = { code: 'policy.blocked', receiptId: 'receipt_1' };
    if (!isLet) return { kind: 'blocked', decision };
    const response = (await put?.({ only: elicit(LET) }))?.['only'];
    const output = response?.kind === 'result' ? response.result : undefined;
    const receipt = { outcome: output ? 'completed' : 'effect_unknown', satisfied: true };
    return { kind: 'executed', outcome: { output }, receipt, receiptId: 'receipt_1' };
  };
  const capturing = {
    servers: {
      methodsOf: () => ({ methods: methodContracts('mail'), root: undefined }),
      register: async () => {},
    },
    boundary: {
      pauses: new Pauses(),
      egressRulesFor: () => undefined,
      denied: (hash: string, reason: string) => withdrawn.push(`${hash} ${reason}`),
      submit: (call: Call, caller: Caller) => ({
        answer: perform(call, caller),
        abandon: () => {},
      }),
    },
    asksProvenance: () => false,
  } as unknown as Capturing;
  const session = new Session('agent://node/server/mail', undefined);
  const { signal } = new AbortController();
  const over = new AbortController();
  return {
    recorded,
    end: () => over.abort(),
    withdrawn,
    put: governedAsk(
      { server: 'mail', openSession: () => session, ask, signal, over: over.signal },
      capturing,
    ),
  };
}

test('each question is an act of the server, and only what was let through is asked', async () => {
  const asked: InputRequests[] = [];
  const { put, recorded } = asking(async (requests) => {
    asked.push(requests);
    return { name: accepted };
  });
  const answers = await put({ name: elicit(LET), secret: elicit('Your password?') });
  assert.deepEqual(asked, [{ name: elicit(LET) }]);
  assert.equal(recorded.length, 2);
  for (const { request } of recorded) {
    assert.equal(request.context.agent_id, 'agent://node/server/mail');
    assert.equal(request.target, 'mcp::mail::elicitation');
  }
  assert.match(JSON.stringify(answers['secret']), /gateway\.ask_refused/);
});

test('what a client says beyond what was asked reaches no server', async () => {
  const { put } = asking(async () => ({ name: accepted, more: accepted }));
  assert.deepEqual(Object.keys(await put({ name: elicit(LET) })), ['name']);
});

test('a client that cannot be asked, or not for that, leaves no hole', async () => {
  const { put, recorded } = asking(() => Promise.reject(new Error('gone')));
  assert.deepEqual(await put({ name: elicit(LET) }), {});
  const answers = await put({ name: { method: 'tools/call' }, other: { method: 'constructor' } });
  assert.match(JSON.stringify(answers['name']), /gateway\.ask_refused/);
  assert.match(JSON.stringify(answers['other']), /gateway\.ask_refused/);
  assert.equal(recorded.length, 1);
});

test('a question that waits for a person is withdrawn when its act has ended', async () => {
  const { put, recorded, withdrawn, end } = asking(async () => ({ name: accepted }));
  await put({ name: elicit(LET) });
  assert.deepEqual(withdrawn, []);
  end();
  assert.deepEqual(withdrawn, [`${recorded[0]?.requestHash} cancelled`]);
});
