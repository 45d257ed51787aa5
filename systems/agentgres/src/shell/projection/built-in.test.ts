import assert from 'node:assert/strict';
import { afterEach, beforeEach, test } from 'node:test';
import type { ActionHead } from '@ioi/law';
import { govern, richLog, sampleObjects, smallLog } from '@ioi/law/testing';
import type { AutonomousSystemChainEnvelope, LogEntry } from '@ioi/protocol';
import { builtInProjections, projectionName } from '../../core/index.ts';
import { catchUp, EngineKit, rowsByReplay, rowsOf } from '../../testing/engine-kit.ts';
import { MemoryLog } from '../../testing/memory-log.ts';

let kit: EngineKit;
beforeEach(() => {
  kit = new EngineKit();
});
afterEach(() => kit.remove());

/** Rows of every built-in projection over a log, by name; what replay gives as well. */
function foldAll(log: MemoryLog) {
  const engine = kit.open(log);
  for (const definition of builtInProjections) assert.ok(engine.define(definition).ok);
  catchUp(engine, log);
  const rows = new Map(
    builtInProjections.map((definition) => {
      const found = rowsOf(engine, definition);
      assert.deepEqual(found, rowsByReplay(definition, log));
      return [definition.projection, found];
    }),
  );
  engine.close();
  return (name: string) => rows.get(projectionName(name)) ?? [];
}

test('actions stand as their heads do, and each was permitted once', () => {
  const { node } = richLog();
  const rows = foldAll(new MemoryLog().extend(node.texts));
  const actions = rows('actions');
  assert.deepEqual(
    actions.map((row) => row['request_hash']),
    [...node.heads('action')].sort(),
  );
  for (const row of actions) {
    const id = String(row['request_hash']);
    const head = node.head<ActionHead>({ headClass: 'action', id });
    assert.equal(row['state'], head?.state, id);
    assert.equal(row['decided_seq'], Number(head?.decided_seq), id);
  }
  const performing = rows('capabilities').filter((row) => row['scope'] !== 'approval');
  const open = new Set(
    actions.filter((row) => row['state'] === 'committed').map((row) => row['request_hash']),
  );
  for (const { resource, uses_left: left } of performing) {
    assert.equal(left, open.has(resource ?? null) ? 1 : 0);
  }
  assert.ok(open.size > 0 && performing.length > open.size);
  const edges = rows('custody').filter((row) => row['element'] === 'edge');
  const nodes = new Set(
    rows('custody')
      .filter((row) => row['element'] === 'node')
      .map((row) => row['id']),
  );
  const labels = new Set(edges.map((row) => row['label']));
  assert.deepEqual([...labels].sort(), [
    'approved_by',
    'bound_by',
    'decided_by',
    'proposed',
    'recorded',
  ]);
  for (const { id, to } of edges)
    assert.ok(nodes.has(id ?? null) && nodes.has(to ?? null), `${id} ${to}`);
});

type Envelope = { readonly envelope: AutonomousSystemChainEnvelope };

test('governance reads as its heads and envelopes do', () => {
  const governor = govern(smallLog());
  const { node } = governor;
  const rows = foldAll(new MemoryLog().extend(node.texts));
  const chains = rows('autonomous-system-chains');
  assert.equal(chains.length, 2);
  for (const { chain_id: id, changed_seq: _, sequence, ...row } of chains) {
    const head = node.head<Envelope>({ headClass: 'chain', id: String(id) });
    assert.ok(head);
    const { chain_id, ...envelope } = head.envelope;
    assert.deepEqual({ ...row, sequence: String(sequence) }, envelope, chain_id);
  }
  const proposals = rows('upgrade-proposals');
  for (const row of proposals) {
    const head = node.head<{ state: string }>({
      headClass: 'proposal',
      id: String(row['proposal_id']),
    });
    assert.equal(row['status'], head?.state);
    assert.match(String(row['rationale_hash']), /^sha256:/);
  }
  const states = new Set(proposals.map((row) => row['status']));
  assert.deepEqual([...states].sort(), ['committed', 'rejected', 'rolled_back']);
  const verdicts = rows('upgrade-decisions').map((row) => row['verdict']);
  assert.deepEqual([...new Set(verdicts)].sort(), [
    'Approved',
    'Escalated',
    'Rejected',
    'RolledBack',
  ]);
  const modules = rows('service-modules');
  const standing = modules.filter((row) => row['status'] === 'registered');
  assert.deepEqual(
    standing.map((row) => row['module_id']),
    ['module://test/summarise/4'],
  );
  assert.equal(modules.filter((row) => row['status'] === 'mounted').length, 1);
  const manifests = new Set(modules.map((row) => row['manifest_hash']));
  for (const row of modules.filter((each) => each['status'] === 'replaced')) {
    assert.ok(manifests.has(row['replaced_by'] ?? null));
  }
  const [invocation] = rows('module-invocations');
  assert.deepEqual(
    [invocation?.['status'], invocation?.['execution_gas_spent']],
    ['Success', '12'],
  );
  const [settlement] = rows('local-settlements');
  assert.deepEqual(
    [settlement?.['net_amount'], settlement?.['asset_identifier']],
    ['2.5', 'labor_gas'],
  );
  const [hypervisor] = rows('hypervisor-nodes');
  assert.equal(hypervisor?.['node_id'], governor.nodeId);
  assert.equal(JSON.parse(String(hypervisor?.['active_chains'])).length, 2);
});

test('objects stand as they were put, until they are deleted', () => {
  const domain = sampleObjects(20);
  domain.must('delete', { object_class: 'Service', id: 'svc_3', expected_version: '1' });
  const log = new MemoryLog();
  for (const { events } of domain.entries) log.commit([events as LogEntry['events']]);
  const objects = foldAll(log)('objects');
  assert.equal(objects.length, 19);
  assert.ok(!objects.some((row) => row['id'] === 'svc_3'));
  const first = objects.find((row) => row['id'] === 'svc_1');
  assert.equal(JSON.parse(String(first?.['value'])).name, 'Service 1');
  assert.equal(first?.['version'], 1);
});
