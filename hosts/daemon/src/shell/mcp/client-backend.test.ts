import assert from 'node:assert/strict';
import { test } from 'node:test';
import { methodContracts } from '@ioi/drivers';
import type { ActContext } from '@ioi/gateway';
import type { Call } from '../../core/index.ts';
import { Pauses } from '../pauses.ts';
import { type BackendOptions, ClientBackend } from './client-backend.ts';

const URI = 'test://watched';

/** Clients of one node whose boundary lets everything pass, and what reached the server. */
function clients(count: number, blocked = '') {
  const sent: string[] = [];
  const released = async ({ method, params }: { method: string; params: object }) => {
    sent.push(`${method} ${JSON.stringify(params)}`);
  };
  const outcome = { output: {} };
  const receipt = { outcome: 'completed', satisfied: true };
  const options = {
    servers: {
      ownerOf: () => 'mail',
      methodsOf: () => ({ methods: methodContracts('mail'), root: undefined }),
      register: async () => {},
      upstreams: () => [{ name: 'mail', upstream: { request: released } }],
    },
    boundary: {
      pauses: new Pauses(),
      egressRulesFor: () => undefined,
      arrived: () => {},
      left: () => {},
      submit: ({ contract }: Call) => {
        sent.push(contract.tool);
        if (contract.tool === blocked) {
          const decision = { code: 'policy.default_deny', receiptId: 'receipt_2' };
          const answer = Promise.resolve({ kind: 'blocked', decision });
          return { answer, abandon: () => {} };
        }
        const answer = { kind: 'executed', outcome, receipt, receiptId: 'receipt_1' };
        return { answer: Promise.resolve(answer), abandon: () => {} };
      },
    },
    asksProvenance: () => false,
    tasks: { remember: () => {}, recall: () => undefined },
  } as unknown as BackendOptions;
  const backends: ClientBackend[] = [];
  const isWatched = (resource: string) =>
    backends.some(({ session }) => session.subscribed.has(resource));
  for (let at = 0; at < count; at += 1) {
    const client = { nodeName: 'local/1', name: `mcp/${at}`, onEnd: () => {}, isWatched };
    backends.push(new ClientBackend(options, client));
  }
  return { sent, backends };
}

const context = {
  proposer: { era: 'stateful', capabilities: {} },
  signal: new AbortController().signal,
  followed: () => undefined,
} as unknown as ActContext;

test('a subscription of several clients ends at the server with the last of them', async () => {
  const { sent, backends } = clients(2);
  const [one, other] = backends;
  for (const each of backends) {
    await each.act({ method: 'resources/subscribe', params: { uri: URI } }, context);
  }
  const leave = { method: 'resources/unsubscribe', params: { uri: URI } } as const;
  assert.deepEqual(await one?.act(leave, context), { kind: 'result', result: {} });
  assert.deepEqual(sent, ['resources/subscribe', 'resources/subscribe']);
  assert.ok(other?.session.subscribed.has(`mail ${URI}`));
  await other?.act(leave, context);
  assert.equal(sent.at(-1), 'resources/unsubscribe');
});

test('what a client that has left subscribed to is let go, unless others watch it', async () => {
  const { sent, backends } = clients(2);
  for (const each of backends) {
    await each.act({ method: 'resources/subscribe', params: { uri: URI } }, context);
  }
  sent.length = 0;
  backends[0]?.ended();
  assert.deepEqual(sent, []);
  backends[1]?.ended();
  assert.deepEqual(sent, [`resources/unsubscribe {"uri":"${URI}"}`]);
});

test('an end that the policy blocks comes with the end of its client', async () => {
  const { sent, backends } = clients(1, 'resources/unsubscribe');
  const [one] = backends;
  await one?.act({ method: 'resources/subscribe', params: { uri: URI } }, context);
  const left = await one?.act({ method: 'resources/unsubscribe', params: { uri: URI } }, context);
  assert.equal(left?.kind, 'error');
  sent.length = 0;
  one?.ended();
  assert.deepEqual(sent, [`resources/unsubscribe {"uri":"${URI}"}`]);
});
