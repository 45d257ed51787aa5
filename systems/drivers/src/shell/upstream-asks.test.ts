import assert from 'node:assert/strict';
import { test } from 'node:test';
import { until } from '@ioi/basis/testing';
import type { Ask } from '@ioi/protocol';
import { startHostile } from '../testing/real-servers.ts';
import { textOf, toolCall } from '../testing/upstream-suite.ts';
import { type LaunchOptions, launchPlainly, type ServerManifest } from './launch.ts';
import type { Notice, Upstream } from './upstream.ts';
import type { StdioUpstreamOptions } from './upstream-stdio.ts';

const call = (upstream: Upstream, tool: string, changes = {}) =>
  toolCall(upstream, { tool, arguments: {} }, changes);

async function withHostile(
  run: (upstream: Upstream) => Promise<void>,
  mode = '',
  changes: Partial<StdioUpstreamOptions> = {},
): Promise<void> {
  const upstream = startHostile(undefined, mode, changes);
  try {
    await run(upstream);
  } finally {
    await upstream.close();
  }
}

const answering: Ask = async (requests) =>
  Object.fromEntries(
    Object.keys(requests).map((name) => [name, { kind: 'result', result: { roots: [] } }] as const),
  );

test('over one pipe a question is put to the one call there is, none of several', async () => {
  await withHostile(async (upstream) => {
    const alone = await call(upstream, 'ask', { ask: answering });
    assert.match(JSON.stringify(alone), /"result":\{"roots":\[\]\}/);
    const other = call(upstream, 'late', { ask: () => assert.fail('another was asked') });
    const several = await call(upstream, 'ask', { ask: answering });
    assert.match(JSON.stringify(several), /gateway\.ask_unattributable/);
    assert.equal((await other).kind, 'result');
  });
});

test('while a call just given up may still run, nobody knows who asks', async () => {
  await withHostile(async (upstream) => {
    await call(upstream, 'never', { timeoutMs: 20 });
    const asked = await call(upstream, 'ask', { ask: answering });
    assert.match(JSON.stringify(asked), /gateway\.ask_unattributable/);
  });
});

test('a server that asks without end is refused by name', async () => {
  await withHostile(async (upstream) => {
    const asked = await call(upstream, 'ask_often', { ask: answering });
    assert.match(JSON.stringify(asked), /gateway\.asks_exceeded/);
    assert.ok(asked.kind === 'result' && asked.result['at'] === 5064);
  });
});

test('a client that fails to answer is told of as such', async () => {
  await withHostile(async (upstream) => {
    const silent: Ask[] = [async () => ({}), () => Promise.reject(new Error('gone'))];
    for (const ask of silent) {
      assert.match(JSON.stringify(await call(upstream, 'ask', { ask })), /gateway\.ask_unanswered/);
    }
    const error = { code: -1, message: 'declined' };
    const declining: Ask = async () => ({ request: { kind: 'error', error } });
    assert.match(JSON.stringify(await call(upstream, 'ask', { ask: declining })), /declined/);
  });
});

test('what a server logs belongs to the one call there is, else to nobody', async () => {
  await withHostile(async (upstream) => {
    const heard: unknown[] = [];
    const notices: Notice[] = [];
    upstream.onNotice((notice) => notices.push(notice));
    const onMessage = (params: unknown): void => void heard.push(params);
    await call(upstream, 'log', { onMessage });
    assert.equal(heard.length, 1);
    await Promise.all([call(upstream, 'log', { onMessage }), call(upstream, 'late')]);
    assert.equal(heard.length, 1);
    assert.deepEqual(
      notices.map(({ kind }) => kind),
      ['message'],
    );
  });
});

test('a server that is silent when probed has sessions', async () => {
  const run = async (upstream: Upstream): Promise<void> => {
    assert.equal((await upstream.describe()).era, 'stateful');
    assert.equal(textOf(await call(upstream, 'twice')), 'fine');
  };
  await withHostile(run, 'silent_probe', { probeMs: 100 });
  await withHostile(run, 'silent_probe', { era: 'stateful', probeMs: 60_000 });
});

test('a server that closes its output, or never reads, is no endless wait', async () => {
  await withHostile(async (upstream) => {
    const lost = await call(upstream, 'close_output', { timeoutMs: 10_000 });
    assert.equal(lost.kind === 'silent' && lost.silence, 'died');
    assert.equal(textOf(await call(upstream, 'deaf')), 'fine');
    const [tool] = await upstream.tools();
    assert.ok(tool);
    const limits = { timeoutMs: 500, outputBytes: 1000 };
    const large = { text: 'x'.repeat(8 * 1024 * 1024) };
    const answers = await Promise.all(
      Array.from({ length: 8 }, () => upstream.call({ tool, arguments: large, ...limits })),
    );
    assert.equal(answers[0]?.kind, 'silent');
    assert.equal(answers.at(-1)?.kind, 'not_sent');
  });
});

test('a server that was started again is told of', async () => {
  await withHostile(async (upstream) => {
    const notices: Notice[] = [];
    upstream.onNotice((notice) => notices.push(notice));
    await call(upstream, 'die');
    await upstream.tools();
    await until('it is told of', () => notices.some(({ kind }) => kind === 'reconnected'));
  });
});

test('what a server needs is handed to whoever starts it', async () => {
  const manifest: ServerManifest = {
    paths: { read: ['/usr'], write: ['/tmp/x'] },
    hosts: ['api.example:443'],
    placeholders: { TOKEN: 'placeholder-1' },
  };
  const given: LaunchOptions[] = [];
  const launch: StdioUpstreamOptions['launch'] = (command, args, options) => {
    given.push(options);
    return launchPlainly(command, args, options);
  };
  await withHostile(
    async (upstream) => {
      await upstream.tools();
      assert.deepEqual(given[0]?.manifest, manifest);
    },
    '',
    { launch, manifest },
  );
});
