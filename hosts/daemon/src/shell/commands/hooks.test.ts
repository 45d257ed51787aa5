import assert from 'node:assert/strict';
import { test } from 'node:test';
import { digestOf } from '@ioi/canon';
import type { HookAnswer } from '@ioi/gateway/shell';
import type { Answer, Call } from '../../core/index.ts';
import type { Caller } from '../caller.ts';
import { Session } from '../mcp/session.ts';
import { Pauses } from '../pauses.ts';
import { RunRecord } from '../web/run-record.ts';
import { RunCommands } from './command-backend.ts';
import { Hooks, type HooksOptions } from './hooks.ts';

const ACT = { command: 'npm install left-pad', cwd: '/usr' };
const ASKED = { agent: 'codex', session: 's', call: 'c' };
const BLOCKED = { kind: 'blocked', decision: { code: 'policy.blocked', receiptId: 'r' } };
const blocked = async (): Promise<Answer> => BLOCKED as unknown as Answer;

/** A boundary that answers as told, and keeps what it was given. */
function standIn(answer: (caller: Caller) => Promise<Answer> = blocked) {
  const calls: Call[] = [];
  const denied: string[] = [];
  const boundary = {
    pauses: new Pauses(),
    egressRulesFor: () => undefined,
    arrived: () => {},
    left: () => {},
    submit: (call: Call, caller: Caller) => {
      calls.push(call);
      return { answer: answer(caller), abandon: () => {} };
    },
    denied: (hash: string) => denied.push(hash),
  };
  const servers = { register: async () => {} };
  const own = { boundary, servers, asksProvenance: () => false, nodeId: 'node://local/a5' };
  const options = own as unknown as HooksOptions;
  return { calls, denied, options, hooks: new Hooks(options) };
}

/** Lets everything through, and gives what each act came to. */
function letting(sealed: object = ACT) {
  const ends: unknown[] = [];
  const stand = standIn(async (caller) => {
    const run = { method: 'shell/run', params: sealed as never };
    ends.push((await caller.ask?.({ run }))?.['run']);
    return BLOCKED as unknown as Answer;
  });
  const ask = (signal = new AbortController().signal): Promise<HookAnswer> =>
    stand.hooks.before(ASKED, ACT, { signal, onPending: () => {} });
  return { ...stand, ends, ask };
}

const settled = () => new Promise((resolve) => setImmediate(resolve));

test('the same act by a hook and by a shell has one target and one digest', async () => {
  const { hooks, calls, options } = standIn();
  const { signal } = new AbortController();
  const told = await hooks.before(ASKED, ACT, { signal, onPending: () => {} });
  assert.equal(told.kind, 'refused');
  const session = new Session('agent://n/run/sh', undefined);
  const record = new RunRecord({ isOverlay: false, isAsking: true });
  const shell = new RunCommands(options, { session, folder: '/usr', record });
  await shell.act(ACT, { signal, run: async () => undefined, onPending: () => {} });
  const [byHook, byShell] = calls.map(({ request }) => request);
  assert.equal(byHook?.target, 'sys::exec');
  assert.equal(byHook?.target, byShell?.target);
  assert.deepEqual(digestOf(byHook?.params), digestOf(byShell?.params));
  assert.equal(byHook?.context.agent_id, 'agent://local/a5/hook/codex');
  assert.equal(hooks.folderOf(byHook?.context.session_id), '/usr');
  assert.deepEqual(
    hooks.connected().map(({ origin }) => origin),
    [byHook?.context],
  );
  assert.equal(hooks.folderOf(byShell?.context.session_id), undefined);
});

test('what was let through ends as its agent says, each once', async () => {
  const { hooks, ask, ends } = letting();
  assert.deepEqual([await ask(), await ask()], [{ kind: 'go' }, { kind: 'go' }]);
  const result = { stdout: { bytes: 0, text: '' } };
  assert.ok(hooks.after(ASKED, { ended: result }));
  await settled();
  assert.deepEqual(ends, [{ kind: 'result', result }]);
  assert.ok(hooks.after(ASKED, { unknown: 'it was interrupted' }));
  await settled();
  const error = { code: 0, message: 'it was interrupted' };
  assert.deepEqual(ends[1], { kind: 'error', error });
  assert.ok(!hooks.after(ASKED, { ended: result }), 'nothing of that name is under way');
});

test('a hook that was told to go on may go; one that goes before has nothing done', async () => {
  const leaving = letting();
  const gone = new AbortController();
  assert.deepEqual(await leaving.ask(gone.signal), { kind: 'go' });
  gone.abort();
  assert.deepEqual(leaving.denied, [], 'its act is under way without it');
  const waiting = letting();
  const early = new AbortController();
  early.abort();
  assert.equal((await waiting.ask(early.signal)).kind, 'refused');
  assert.equal(Object(waiting.ends[0]).error.code, 1, 'not started');
});

test('a text that is another than the agent has is not done by it', async () => {
  for (const sealed of [
    { ...ACT, command: 'ls' },
    { ...ACT, cwd: '/' },
  ]) {
    const { ask, ends } = letting(sealed);
    assert.equal((await ask()).kind, 'refused');
    assert.equal(Object(ends[0]).error.code, 1);
  }
});
