import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { readExposition } from './exposition.ts';

type Metrics = ReadonlyMap<string, number>;
type Told = { readonly text: string; readonly values: Metrics };

const PATIENCE_MS = 60_000;
const PENDING = 'ioi_decisions_total{verdict="PendingApproval"}';

/** What the node tells a Prometheus server on its port. */
export async function metricsOf(home: string, accept = 'text/plain'): Promise<Told> {
  const log = readFileSync(join(home, 'logs', 'node.log'), 'utf8');
  const url = /"message":"metrics","url":"([^"]+)"/.exec(log)?.[1] ?? '';
  const answer = await fetch(url, { headers: { accept } });
  const text = await answer.text();
  const isOpen = (answer.headers.get('content-type') ?? '').includes('openmetrics');
  return { text, values: readExposition(text, isOpen) };
}

/** The guardian shows what waits a moment before the daemon knows of its seal. */
export async function untilPending(home: string): Promise<Told> {
  const until = Date.now() + PATIENCE_MS;
  for (;;) {
    const told = await metricsOf(home);
    if (told.values.get(PENDING) === 1) return told;
    assert.ok(Date.now() < until, 'nothing waits');
    await sleep(10);
  }
}

/** One act was read, one written, one blocked, one waits. */
export function sawActs(before: Metrics, now: Metrics): void {
  const moved = (name: string) => (now.get(name) ?? 0) - (before.get(name) ?? 0);
  assert.equal(moved('ioi_decisions_total{verdict="Allow"}'), 2);
  assert.equal(moved('ioi_decisions_total{verdict="Block"}'), 1);
  assert.equal(moved('ioi_denials_total{code="policy.default_deny"}'), 1);
  assert.equal(moved(PENDING), 1);
  assert.equal(moved('ioi_open_actions{state="pending"}'), 1);
  assert.equal(moved('ioi_decision_duration_seconds_count'), 4);
  // Each performed act is sealed twice.
  assert.ok(moved('ioi_seal_duration_seconds_count') >= 6);
  assert.ok(moved('ioi_log_entries') >= 6);
  const healthy = { guardian_up: 1, policy_active: 1, writer_queue: 0, event_subscribers: 0 };
  for (const [name, value] of Object.entries(healthy)) assert.equal(now.get(`ioi_${name}`), value);
  assert.equal(now.get('ioi_servers{state="ready"}'), 2);
  const sizes = ['ioi_disk_free_bytes', 'ioi_disk_used_bytes{kind="log"}'];
  for (const name of [...sizes, 'process_resident_memory_bytes']) assert.ok(now.get(name), name);
}
