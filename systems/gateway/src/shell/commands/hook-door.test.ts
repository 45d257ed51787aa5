import assert from 'node:assert/strict';
import { once } from 'node:events';
import { type AddressInfo, connect, createServer } from 'node:net';
import { text } from 'node:stream/consumers';
import { type TestContext, test } from 'node:test';
import { acceptHook, type HookBackend } from './hook-door.ts';

/** What a hook that says this is told, to the end. */
async function said(t: TestContext, backend: Partial<HookBackend>, line: string) {
  const refusing: HookBackend = {
    before: async () => assert.fail('it was taken for an act'),
    after: () => assert.fail('it was taken for an end'),
    refuse: async () => ({ kind: 'refused', code: 'request.invalid', title: 'no' }),
    ...backend,
  };
  const server = createServer((socket) => acceptHook(socket, refusing)).listen(0, '127.0.0.1');
  t.after(() => server.close());
  await once(server, 'listening');
  const near = connect((server.address() as AddressInfo).port, '127.0.0.1');
  near.on('error', () => {});
  near.write(`${line}\n`);
  const told = (await text(near).catch(() => '')).split('\n').filter((each) => each !== '');
  return told.map((each) => JSON.parse(each));
}

const ASKED = { agent: 'codex', session: 's', call: 'c' };

test('a hook asks for one act, and tells its end in another connection', async (t) => {
  const heard: unknown[] = [];
  const before: HookBackend['before'] = async (asked, act, { onPending }) => {
    heard.push(asked, act);
    onPending('sha256:x');
    return { kind: 'go' };
  };
  const act = { command: 'ls', cwd: '/w' };
  const told = await said(t, { before }, JSON.stringify({ before: { ...ASKED, ...act } }));
  assert.deepEqual(told, [{ waits: 'sha256:x' }, { kind: 'go' }]);
  const after: HookBackend['after'] = (asked, end) => heard.push(asked, end) > 0;
  const ended = { ended: { stdout: {} } };
  const line = JSON.stringify({ after: { ...ASKED, ...ended } });
  assert.deepEqual(await said(t, { after }, line), [{ kind: 'done' }]);
  assert.deepEqual(await said(t, { after: () => false }, line), [{ kind: 'unknown' }]);
  assert.deepEqual(heard, [ASKED, act, ASKED, ended]);
});

test('what is no question of a hook is refused, and never asked further', async (t) => {
  const whole = { ...ASKED, command: 'ls', cwd: '/w' };
  const odd = [
    'no JSON',
    '[]',
    '{}',
    '{"__proto__":{"before":{}}}',
    ...[
      { ...whole, agent: 'Codex/../x' },
      { ...whole, agent: 1 },
      { ...whole, session: 'x'.repeat(257) },
      { ...whole, call: '' },
      { ...whole, cwd: 'w' },
      { ...whole, command: 'ls\0' },
      { ...whole, more: 1 },
    ].map((before) => JSON.stringify({ before })),
    JSON.stringify({ before: whole, after: whole }),
  ];
  for (const line of odd) {
    const [told] = await said(t, {}, line);
    assert.equal(told?.code, 'request.invalid', line);
  }
  assert.deepEqual(await said(t, {}, 'x'.repeat(3_000_000)), []);
});
