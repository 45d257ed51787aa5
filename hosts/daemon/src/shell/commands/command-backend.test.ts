import assert from 'node:assert/strict';
import { test } from 'node:test';
import { digestOf } from '@ioi/canon';
import { commandContract } from '@ioi/law';
import type { RuntimeToolContract } from '@ioi/protocol';
import type { Answer, Call } from '../../core/index.ts';
import type { Caller } from '../caller.ts';
import { captureBound } from '../mcp/capture.ts';
import { Session } from '../mcp/session.ts';
import { Pauses } from '../pauses.ts';
import { RunRecord } from '../web/run-record.ts';
import { type CommandOptions, RunCommands } from './command-backend.ts';

const ACT = { command: 'npm install left-pad', cwd: '/usr' };
const NONE = { signal: new AbortController().signal, run: async () => undefined };

/** A boundary that answers as told, and keeps what it was given. */
function standIn(answer: (caller: Caller) => Promise<Answer>) {
  const calls: Call[] = [];
  const denied: string[] = [];
  const boundary = {
    pauses: new Pauses(),
    egressRulesFor: () => undefined,
    submit: (call: Call, caller: Caller) => {
      calls.push(call);
      return { answer: answer(caller), abandon: () => {} };
    },
    denied: (hash: string) => denied.push(hash),
  };
  const servers = { register: async () => {} };
  const options = { boundary, servers, asksProvenance: () => false } as unknown as CommandOptions;
  const session = new Session('agent://local/test/run/sh', undefined);
  const record = new RunRecord({ isOverlay: false, isAsking: true });
  return {
    calls,
    denied,
    options,
    session,
    backend: new RunCommands(options, { session, folder: '/usr', record }),
  };
}

const blocked = {
  kind: 'blocked',
  decision: { code: 'policy.blocked', receiptId: 'r', ruleId: 'no' },
};

test('a command by a shell and by a server of MCP is one act, with one digest', async () => {
  const stand = standIn(async () => blocked as unknown as Answer);
  const told = await stand.backend.act(ACT, { ...NONE, onPending: () => {} });
  assert.deepEqual([told.kind, Object(told).rule_id], ['refused', 'no']);
  const own = commandContract();
  const parameters = own.parameters.map((each) => {
    return each.parameter === 'cwd' ? { ...each, argument: 'directory' } : each;
  });
  const other: RuntimeToolContract = { ...own, server: 'shell', tool: 'run', parameters };
  const hash = digestOf(other);
  assert.ok(hash.ok);
  const bound = {
    contract: { contract: other, hash: hash.value },
    arguments: { command: ACT.command, directory: ACT.cwd },
    root: '/usr',
  };
  const captured = await captureBound(bound, stand.session, stand.options);
  assert.ok('call' in captured);
  const [door, server] = [stand.calls[0]?.request, captured.call.request];
  assert.equal(door?.target, 'sys::exec');
  assert.equal(door?.target, server.target);
  assert.deepEqual(digestOf(door?.params), digestOf(server.params));
});

test('what its shell says of its end is handed on, and that it went as well', async () => {
  const ended = { exit_code: 3, stdout: { bytes: 0, text: '' }, stderr: { bytes: 0, text: '' } };
  const answers = async (said: object | undefined) => {
    const heard = Promise.withResolvers<object | undefined>();
    const stand = standIn(async (caller) => {
      const params = { command: 'echo', cwd: '/usr' };
      const { run } = (await caller.ask?.({ run: { method: 'shell/run', params } })) ?? {};
      heard.resolve(run);
      return blocked as unknown as Answer;
    });
    const run = async () => said as never;
    await stand.backend.act(ACT, { ...NONE, run, onPending: () => {} });
    return heard.promise;
  };
  assert.deepEqual(await answers({ ended }), { kind: 'result', result: ended });
  const code = async (said: object | undefined) => Object(await answers(said)).error.code;
  assert.equal(await code({ not_started: 'no such folder' }), 1);
  assert.equal(await code(undefined), 0);
});

test('nothing is approved for a shell that is gone', async () => {
  const gone = new AbortController();
  const stand = standIn(async () => {
    gone.abort();
    return blocked as unknown as Answer;
  });
  await stand.backend.act(ACT, { ...NONE, signal: gone.signal, onPending: () => {} });
  assert.deepEqual(stand.denied, [stand.calls[0]?.requestHash]);
});
