import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { NodeStatus, WitnessStatus } from '@ioi/protocol';
import { paintNothing } from './paint.ts';
import { statusView } from './status-view.ts';

function viewWith(witnesses: readonly WitnessStatus[], held: Partial<NodeStatus> = {}): string[] {
  const status: NodeStatus = {
    node_id: `node://local/${'0f'.repeat(16)}`,
    demo: false,
    version: '0.1.0',
    isolation_tier: 'mediated',
    log: { size: 24, note: '', cosigned: true, key: '' },
    witnesses,
    servers: [],
    sessions: 0,
    stopped: false,
    paused: [],
    ...held,
    open: { pending: 0, committed: 0, unknown: 0 },
  };
  return statusView(status, { home: '/home', now: 0 }, paintNothing);
}

test('each witness has a line: what it cosigned, or why it did not', () => {
  const one = { name: 'one', required: true, size: 24 } as const;
  const good = viewWith([{ ...one, state: 'cosigned', seen: '2026-11-21T08:15:43.000Z' }]);
  const said = 'one, required: cosigned, 24 entries at 2026-11-21T08:15:43.000Z';
  assert.ok(good.includes(`  witness    ${said}`));
  const detail = 'fetch failed\u001b[2J';
  const about = { state: 'not_cosigned', code: 'witness.unreachable', detail } as const;
  const away = viewWith([{ ...one, required: false, ...about }]);
  const reason = 'witness.unreachable: fetch failed\\u{1b}[2J';
  assert.ok(away.includes(`  witness    one: not cosigned, ${reason}`));
  assert.equal(
    viewWith([]).some((line) => line.includes('witness')),
    false,
  );
});

test('who is kept from asking is said, with what lifts it', () => {
  const lines = viewWith([], { stopped: true, paused: ['agent://a\u001b[2J'] });
  const lift = 'ioi agents resume --all lifts it';
  assert.ok(lines.includes(`  STOPPED    everything is refused; ${lift}`));
  assert.ok(lines.includes(`  paused     agent://a\\u{1b}[2J; ${lift}`));
});
