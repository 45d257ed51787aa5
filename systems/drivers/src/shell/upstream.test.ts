import assert from 'node:assert/strict';
import { mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { until } from '@ioi/basis/testing';
import { startEverything, startHostile } from '../testing/real-servers.ts';
import { textOf, toolCall } from '../testing/upstream-suite.ts';
import { launchPlainly, minimalEnvironment } from './launch.ts';
import type { Upstream } from './upstream.ts';
import { httpUpstream } from './upstream-http.ts';
import { stdioUpstream } from './upstream-stdio.ts';

const folder = (): string => realpathSync(mkdtempSync(join(tmpdir(), 'ioi-upstream-')));

async function withHostile(
  run: (upstream: Upstream) => Promise<void>,
  start: () => Upstream = startHostile,
): Promise<void> {
  const upstream = start();
  try {
    await run(upstream);
  } finally {
    await upstream.close();
  }
}

const call = (upstream: Upstream, tool: string, changes = {}) =>
  toolCall(upstream, { tool, arguments: {} }, changes);

test('a server that dies mid-call leaves every call in doubt and is started again', async () => {
  const records = folder();
  const run = async (upstream: Upstream): Promise<void> => {
    const other = call(upstream, 'never');
    const died = await call(upstream, 'die');
    assert.equal(died.kind === 'silent' && died.silence, 'died');
    assert.equal((await other).kind === 'silent', true);
    assert.equal(await upstream.quiet(), true);
    assert.equal(textOf(await call(upstream, 'twice')), 'fine');
    assert.equal(textOf(await call(upstream, 'answer_and_die')), 'fine');
    assert.match(upstream.diagnostics(), /a hostile server/);
  };
  await withHostile(run, () => startHostile(records));
  rmSync(records, { recursive: true });
});

test('last words cut inside a character are still text', async () => {
  await withHostile(async (upstream) => {
    const died = await call(upstream, 'die_loudly');
    assert.ok(died.kind === 'silent' && died.detail !== undefined);
    assert.match(died.detail, /^\ufffd(😀)+\[exit 9\]$/u);
    assert.ok(upstream.diagnostics().isWellFormed());
  });
});

test('answers nobody can commit to end the call by name', async () => {
  await withHostile(async (upstream) => {
    for (const tool of ['duplicate_keys', 'unsafe_integer', 'no_object']) {
      const answer = await call(upstream, tool);
      assert.equal(answer.kind === 'silent' && answer.silence, 'answer_refused', tool);
    }
    const large = await call(upstream, 'large', { outputBytes: 50_000 });
    assert.equal(large.kind === 'silent' && large.silence, 'output_too_large');
  });
});

test('noise, floods, foreign and repeated answers disturb no call', async () => {
  await withHostile(async (upstream) => {
    for (const tool of ['noise_then_answer', 'foreign_id', 'twice', 'flood']) {
      assert.equal(textOf(await call(upstream, tool)), 'fine', tool);
    }
  });
});

test('what the server asks back is answered politely and carries nothing', async () => {
  await withHostile(async (upstream) => {
    const answer = await call(upstream, 'asks_back');
    assert.ok(answer.kind === 'result');
    const answers = answer.result['answers'] as { result?: object; error?: { code: number } }[];
    assert.deepEqual(
      answers.map(({ result, error }) => result ?? error?.code),
      [{}, -32601, -32601, -32601],
    );
  });
});

test('a call given up is in doubt until its late answer comes', async () => {
  const records = folder();
  const run = async (upstream: Upstream): Promise<void> => {
    const answer = await call(upstream, 'late', { timeoutMs: 30 });
    assert.deepEqual(answer, { kind: 'silent', silence: 'timeout' });
    assert.equal(await upstream.quiet(), false);
    await until('its answer came', () => upstream.quiet());
  };
  await withHostile(run, () => startHostile(records));
  rmSync(records, { recursive: true });
});

test('a changed list is announced and tools of the old one are not called', async () => {
  await withHostile(async (upstream) => {
    let changes = 0;
    const stop = upstream.onNotice((notice) => {
      if (notice.kind === 'list_changed' && notice.list === 'tools') changes += 1;
    });
    const [tool] = await upstream.tools();
    assert.ok(tool);
    await call(upstream, 'change_tools');
    stop();
    assert.equal(changes, 1);
    const limits = { timeoutMs: 30_000, outputBytes: 1000 };
    assert.equal((await upstream.call({ tool, arguments: {}, ...limits })).kind, 'not_sent');
    assert.notEqual((await upstream.tools())[0], tool);
  });
});

test('a server that cannot be used is a named fault', async () => {
  const faults = [
    ['dead_on_arrival', 'upstream.handshake_failed'],
    ['old_version', 'upstream.version_unsupported'],
    ['twin_tools', 'upstream.invalid_list'],
    ['endless_list', 'upstream.invalid_list'],
  ];
  for (const [mode, code] of faults) {
    await withHostile(
      async (upstream) => {
        await assert.rejects(upstream.tools(), { code }, mode);
      },
      () => startHostile(undefined, mode),
    );
  }
  const absent = stdioUpstream({ name: 'absent', command: '/no/such/program', args: [], env: {} });
  await assert.rejects(absent.tools(), { code: 'upstream.handshake_failed' });
  await assert.rejects(absent.tools(), { code: 'upstream.handshake_failed' });
  await absent.close();
});

test('closing ends a server that will not leave, and what it started', async () => {
  const upstream = startHostile();
  const answer = await call(upstream, 'linger');
  assert.ok(answer.kind === 'result');
  await upstream.close();
  for (const name of ['pid', 'child']) await gone(Number(answer.result[name]));
});

test('a server that outlived its node is ended before anything is known of it', async () => {
  const records = folder();
  const first = startHostile(records);
  const answer = await call(first, 'linger');
  assert.ok(answer.kind === 'result');
  // A second node over the same records, as after a crash of the first.
  const second = startHostile(records);
  assert.equal(await second.quiet(), true);
  for (const name of ['pid', 'child']) await gone(Number(answer.result[name]));
  assert.equal(await startHostile().quiet(), false, 'without a record nothing is known');
  writeFileSync(join(records, 'hostile.process.json'), 'rubbish');
  assert.equal(await startHostile(records).quiet(), false, 'a damaged record proves nothing');
  await first.close();
  rmSync(records, { recursive: true });
});

test('a server sees the environment it was given and nothing else', async () => {
  const launched: string[] = [];
  const upstream = startEverything({
    launch: (command, args, options) => {
      launched.push(...args);
      return launchPlainly(command, args, options);
    },
    env: minimalEnvironment({ PATH: '/bin', SECRET_TOKEN: 'x', HOME: '/h' }, { GIVEN: 'yes' }),
  });
  const shown = textOf(await toolCall(upstream, { tool: 'get-env', arguments: {} }));
  const names = Object.keys(JSON.parse(shown) as object).filter((name) => !name.startsWith('__'));
  assert.deepEqual(names.sort(), ['GIVEN', 'HOME', 'PATH']);
  assert.equal(launched.at(-1), 'stdio', 'a sandbox can wrap the start');
  await upstream.close();
});

test('only encrypted or local addresses are spoken to', () => {
  const refused = [
    'http://example.com/mcp',
    'http://127.0.0.1.example.com/mcp',
    'http://localhost.example.com/mcp',
    'http://0.0.0.0/mcp',
    'https://user:secret@example.com/mcp',
    'file:///etc/passwd',
    'nonsense',
  ];
  for (const url of refused) {
    assert.throws(() => httpUpstream({ name: 'x', url }), { code: 'upstream.insecure_url' }, url);
  }
  for (const url of ['https://example.com/mcp', 'http://localhost:1/mcp', 'http://[::1]:1/mcp']) {
    assert.equal(httpUpstream({ name: 'x', url }).name, 'x');
  }
});

function gone(pid: number): Promise<true> {
  return until(`process ${pid} is gone`, () => {
    try {
      process.kill(pid, 0);
      return false;
    } catch {
      return true;
    }
  });
}
