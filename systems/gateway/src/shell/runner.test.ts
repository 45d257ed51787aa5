import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { InputResponses } from '@ioi/protocol';
import type { Backend } from '../core/backend.ts';
import { ASK_MS, type SendEffect } from '../core/state.ts';
import { fixtureBackend } from '../testing/fixture-backend.ts';
import { frame, initialize, type Line, modern, note, request } from '../testing/play.ts';
import { Runner } from './runner.ts';

const ROOTS = { a: { method: 'roots/list' } };

async function run(changes: Partial<Backend>, phase: 'opened' | 'stateless' = 'opened') {
  const lines: Line[] = [];
  const faults: unknown[] = [];
  const sink = {
    send: ({ line }: SendEffect) => void lines.push(JSON.parse(line) as Line),
    isBusy: () => false,
    close: () => {},
  };
  const backend: Backend = {
    ...fixtureBackend(),
    fault: (error) => void faults.push(error),
    ...changes,
  };
  const runner = new Runner(backend, sink, phase);
  await runner.open();
  if (phase === 'opened') {
    runner.accept(frame(initialize({ roots: {} })));
    runner.accept(note('notifications/initialized'));
  }
  return { runner, lines, faults };
}

test('an ask that nobody answers ends in its time, in both eras', async (t) => {
  t.mock.timers.enable({ apis: ['setTimeout'] });
  for (const phase of ['opened', 'stateless'] as const) {
    const answered = Promise.withResolvers<InputResponses>();
    const { runner } = await run(
      {
        act: async (_, { ask }) => {
          answered.resolve(await ask(ROOTS));
          return { kind: 'result', result: {} };
        },
      },
      phase,
    );
    const declared = { 'io.modelcontextprotocol/clientCapabilities': { roots: {} } };
    runner.accept(request(1, 'tools/call', modern({ name: 'a' }, declared)));
    t.mock.timers.tick(ASK_MS - 1);
    const held = runner.state.asks.length + (runner.state.inFlight[0]?.questions?.length ?? 0);
    assert.equal(held, 1);
    t.mock.timers.tick(1);
    const { a } = await answered.promise;
    assert.ok(a?.kind === 'error' && JSON.stringify(a.error.data).includes('ask_expired'));
  }
});

test('an ask after the end is answered too, and the end is told once', async () => {
  const asked = Promise.withResolvers<InputResponses>();
  const release = Promise.withResolvers<void>();
  let ended = 0;
  const { runner } = await run({
    act: async (_, { ask }) => {
      await release.promise;
      asked.resolve(await ask(ROOTS));
      return { kind: 'result', result: {} };
    },
    ended: () => {
      ended += 1;
    },
  });
  runner.accept(request(1, 'tools/call', { name: 'a' }));
  runner.accept({ kind: 'closed' });
  runner.accept({ kind: 'closed' });
  release.resolve();
  assert.equal((await asked.promise)['a']?.kind, 'error');
  assert.equal(ended, 1);
});

test('a list that changed is announced with what is offered then', async () => {
  let offered: Awaited<ReturnType<Backend['offer']>> = {
    capabilities: {},
    serverInfo: { name: 'x', version: '1' },
  };
  const { runner, lines } = await run({ offer: async () => offered });
  offered = { ...offered, capabilities: { prompts: { listChanged: true } } };
  runner.notify({ kind: 'list_changed', list: 'prompts' });
  await new Promise((resolve) => setImmediate(resolve));
  assert.equal(lines.at(-1)?.method, 'notifications/prompts/list_changed');
  assert.deepEqual(runner.state.offer, offered);
});

test('a backend that fails to be told is a fault, and nothing else', async () => {
  const boom = new Error('boom');
  const { runner, faults, lines } = await run({
    rootsChanged: () => {
      throw boom;
    },
    list: () => Promise.reject(boom),
  });
  runner.accept(note('notifications/roots/list_changed'));
  runner.accept(request(1, 'tools/list'));
  await new Promise((resolve) => setImmediate(resolve));
  assert.deepEqual(faults, [boom, boom]);
  assert.equal(lines.at(-1)?.error?.data?.code, 'gateway.internal');
});
