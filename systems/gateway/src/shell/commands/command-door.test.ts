import assert from 'node:assert/strict';
import { once } from 'node:events';
import { type AddressInfo, connect, createServer } from 'node:net';
import { text } from 'node:stream/consumers';
import { type TestContext, test } from 'node:test';
import { acceptCommand, type CommandBackend } from './command-door.ts';

/** What a shell that says these lines is told, to the end. */
async function said(t: TestContext, backend: Partial<CommandBackend>, ...lines: readonly string[]) {
  const refusing: CommandBackend = {
    act: async () => ({ kind: 'done' }),
    refuse: async () => ({ kind: 'refused', code: 'request.invalid', title: 'no' }),
    ...backend,
  };
  const server = createServer((socket) => acceptCommand(socket, refusing)).listen(0, '127.0.0.1');
  t.after(() => server.close());
  await once(server, 'listening');
  const near = connect((server.address() as AddressInfo).port, '127.0.0.1');
  near.on('error', () => {});
  near.write(lines.map((line) => `${line}\n`).join(''));
  const told = await text(near).catch(() => '');
  return told
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line));
}

test('a shell is told what to do, and what it says of it is handed on', async (t) => {
  const heard: unknown[] = [];
  const act: CommandBackend['act'] = async (asked, { run, onPending }) => {
    onPending('sha256:x');
    heard.push(asked, await run({ command: 'echo edited', cwd: '/' }));
    return { kind: 'done', receipt_id: 'r' };
  };
  const ask = JSON.stringify({ command: 'echo', cwd: '/w' });
  const told = await said(t, { act }, ask, JSON.stringify({ ended: { exit_code: 0 } }));
  assert.deepEqual(heard, [{ command: 'echo', cwd: '/w' }, { ended: { exit_code: 0 } }]);
  assert.deepEqual(told, [
    { waits: 'sha256:x' },
    { run: { command: 'echo edited', cwd: '/' } },
    { kind: 'done', receipt_id: 'r' },
  ]);
});

test('what is no question of a shell is refused, and never asked further', async (t) => {
  const act: CommandBackend['act'] = async () => assert.fail('it was taken for one');
  for (const odd of [
    'no JSON',
    '[]',
    '{"command":"echo"}',
    '{"command":1,"cwd":"/"}',
    '{"command":"echo","cwd":"w"}',
    '{"command":"echo\\u0000; rm x","cwd":"/"}',
    '{"command":"echo","cwd":"/","more":1}',
  ]) {
    const [told] = await said(t, { act }, odd);
    assert.equal(told?.code, 'request.invalid', odd);
  }
});

test('a shell that says without end is not heard to the end', async (t) => {
  assert.deepEqual(await said(t, {}, 'x'.repeat(3_000_000)), []);
});
