import assert from 'node:assert/strict';
import { test } from 'node:test';
import { digestBytes } from '@ioi/canon';
import type { Answer, Decided } from '../../core/index.ts';
import type { Caller } from '../caller.ts';
import { Session } from '../mcp/session.ts';
import { Pauses } from '../pauses.ts';
import { RunRecord } from './run-record.ts';
import type { WebOptions } from './web-acts.ts';
import { argumentsOf, RunBackend } from './web-backend.ts';

const commits = { receiptsOf: async () => ({ receipts: [], unreceipted: 0 }) };

function reaching(hosts: readonly string[]): (host: string, port?: number) => boolean {
  const session = new Session('agent://local/test/run/sh', undefined);
  const client = {
    session,
    hosts,
    standing: [],
    commits,
    record: new RunRecord({ isOverlay: false }),
  };
  const backend = new RunBackend({} as WebOptions, client);
  return (host, port = 443) => backend.reaches(host, port);
}

test('a program goes to the hosts it was started with', () => {
  const reaches = reaching(['a.example', 'b.example:8443', '127.0.0.1:80']);
  assert.ok(reaches('a.example') && reaches('a.example', 80) && reaches('b.example', 8443));
  assert.ok(reaches('127.0.0.1', 80));
  assert.ok(!reaches('b.example') && !reaches('127.0.0.1') && !reaches('c.a.example'));
});

test('everywhere is nowhere near this machine', () => {
  const reaches = reaching(['*']);
  assert.ok(reaches('a.example') && reaches('192.0.2.1') && reaches('[2001:db8::1]'));
  for (const near of ['localhost', '127.0.0.1', '169.254.169.254', '[::1]', '10.0.0.1']) {
    assert.ok(!reaches(near), near);
  }
  assert.ok(reaching(['*', 'localhost'])('localhost'));
});

test('one odd byte hides nothing of a body from a rule about texts', () => {
  const bytes = Buffer.concat([Buffer.from('a secret word'), Buffer.of(0xff, 0)]);
  const given = argumentsOf({
    url: 'https://a.example/',
    method: 'POST',
    headers: [],
    body: bytes,
  });
  assert.deepEqual(given['body'], { latin1: 'a secret word\u00ff\u0000' });
});

test('a person who pauses a session ends its WebSocket', { timeout: 60_000 }, async () => {
  const pauses = new Pauses();
  const session = new Session('agent://local/test/run/sh', undefined);
  const stopped = Promise.withResolvers<Answer>();
  const boundary = {
    pauses,
    egressRulesFor: () => undefined,
    submit: (_: unknown, caller: Caller) => {
      const sink = caller.onReply?.({ status: 101, headers: [] });
      sink?.stop?.addEventListener('abort', () => {
        stopped.resolve({ kind: 'failed', code: 'stopped' } as unknown as Answer);
      });
      return { answer: stopped.promise, abandon: () => {} };
    },
  };
  const servers = { register: async () => {} };
  const options = { boundary, servers, asksProvenance: () => false } as unknown as WebOptions;
  const client = {
    session,
    hosts: [],
    standing: [],
    commits,
    record: new RunRecord({ isOverlay: false }),
  };
  const backend = new RunBackend(options, client);
  const act = { url: 'https://a.example/', method: 'GET', headers: [], isSocket: true } as const;
  const sink = { write: async () => {}, incoming: (async function* () {})() };
  const { signal } = new AbortController();
  const answer = backend.act(act, { signal, onReply: () => sink });
  setImmediate(() => pauses.pause(session.origin));
  assert.deepEqual(await answer, { kind: 'broken' });
});

test('a long body is held until its act is over, whoever waits for it', async () => {
  const digest = digestBytes('long');
  const over = Promise.withResolvers<undefined>();
  const users: string[] = [];
  const spool = {
    hold: () => users.push('held') > 0,
    release: (released: string) => void users.push(released),
  };
  const boundary = {
    pauses: new Pauses(),
    egressRulesFor: () => undefined,
    submit: (_: unknown, caller: Caller) => {
      caller.onPending?.({ code: 'approval.required', receiptId: 'r' } as Decided);
      return { answer: new Promise(() => {}), abandon: () => {}, over: over.promise };
    },
  };
  const servers = { register: async () => {} };
  const calling = { boundary, servers, asksProvenance: () => false };
  const options = { ...calling, spool, pendingAnswerMs: 1 } as unknown as WebOptions;
  const session = new Session('agent://local/test/run/sh', undefined);
  const client = {
    session,
    hosts: [],
    standing: [],
    commits,
    record: new RunRecord({ isOverlay: false }),
  };
  const backend = new RunBackend(options, client);
  const large = { digest, bytes: 9_000_000 };
  const act = { url: 'https://a.example/', method: 'POST', headers: [], large };
  const { signal } = new AbortController();
  const onReply = () => ({ write: async () => {} });
  assert.equal((await backend.act(act, { signal, onReply })).kind, 'problem');
  assert.deepEqual(users, ['held'], 'it waits for a person');
  over.resolve(undefined);
  await new Promise(setImmediate);
  assert.deepEqual(users, ['held', digest]);
});
