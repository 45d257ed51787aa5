import assert from 'node:assert/strict';
import { afterEach, beforeEach, test } from 'node:test';
import type { ActionHead, NodeEvent } from '@ioi/law';
import {
  govern,
  notesPolicy,
  richLog,
  sampleObjects,
  scopedWrite,
  smallLog,
  TestAgent,
  TestNode,
  TestOwner,
} from '@ioi/law/testing';
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

/**
 * Which events of a node's log tell of a use of authority, of a key, or of a change of what holds.
 * The rest only describe: what they belong to stands in the feed by another event.
 */
const TOLD: Readonly<Record<NodeEvent['type'], boolean>> = {
  'action.committed': true,
  'action.extended': true,
  'approval.consumed': true,
  'approval.rules_set': true,
  'authority.closed': true,
  'authority.released': true,
  'authority.requested': true,
  'authority.used': true,
  'budget.settled': true,
  'bundle.accepted': true,
  'certificate.issued': true,
  'certificate.revoked': true,
  'chain.advanced': true,
  'chain.created': true,
  'clock.resynced': true,
  'commits.recorded': false,
  'content.forgotten': true,
  'content.held': true,
  'content.released': true,
  'contract.registered': false,
  'domain.created': true,
  'domain.opened': true,
  'egress.inspected': true,
  'egress.permitted': true,
  'epoch.changed': true,
  'factor.enrolled': true,
  'factor.revoked': true,
  'firewall.intercepted': true,
  'genesis.created': false,
  'grant.issued': true,
  'grant.revoked': true,
  'level.enrolled': true,
  'local_settlement.committed': true,
  'module.invocation_completed': true,
  'module.invocation_failed': true,
  'module.invocation_started': true,
  'module.mounted': false,
  'graph_run.cancelled': false,
  'graph_run.ended': false,
  'graph_run.opened': false,
  'graph_step.begun': false,
  'graph_step.settled': false,
  'module.registered': true,
  'module.swapped': true,
  'node.announced': false,
  'organisation.pinned': true,
  'organisation.unpinned': true,
  'policy.activated': true,
  'principal.registered': true,
  'principal.revoked': true,
  'receipt.emitted': true,
  'revocation_epoch.advanced': true,
  'run.recorded': false,
  'session.closed': false,
  'session.opened': false,
  'session.stepped': false,
  'role_session.closed': true,
  'role_session.opened': true,
  'session_lease.issued': true,
  'session_lease.revoked': true,
  'target.changed': true,
  'upgrade.proposal_committed': true,
  'upgrade.proposal_decided': true,
  'upgrade.proposal_rolled_back': true,
  'upgrade.proposal_simulated': true,
  'upgrade.proposal_submitted': true,
  'executor.admitted': true,
  'executor.dismissed': true,
  'run.lease_renewed': false,
  'run.lease_returned': false,
  'run.leased': false,
  'run.step_proposed': false,
  'add_on.installed': true,
  'add_on.removed': true,
  'worker.installed': true,
  'worker.removed': true,
  'worker_run.answered': false,
  'worker_run.ended': false,
  'worker_run.opened': false,
};

test('no event that tells of authority is missing in the audit, whatever its log', () => {
  const audit = builtInProjections.find(({ projection }) => projection.endsWith('/audit'));
  const rules = audit?.kind === 'relational' ? audit.rules : [];
  const told = Object.entries(TOLD).flatMap(([type, isTold]) => (isTold ? [type] : []));
  assert.deepEqual([...new Set(rules.map(({ on }) => on))].sort(), told.sort());
  const { node } = govern(smallLog());
  const rows = foldAll(new MemoryLog().extend(node.texts))('audit');
  const seen = new Set(rows.map(({ seq, event }) => `${seq} ${event}`));
  for (const text of node.texts.flat()) {
    const entry = JSON.parse(text) as LogEntry;
    for (const { type } of entry.events as { type: NodeEvent['type'] }[]) {
      // Of receipts, those of policies and executions; of acts, those that reserve something.
      const isBare = type === 'receipt.emitted' || type === 'action.committed';
      if (TOLD[type] && !isBare) assert.ok(seen.has(`${entry.seq} ${type}`), `${type}`);
    }
  }
});

test('what was asked for, given, used and taken back is in the audit, with its units', () => {
  const owner = new TestOwner(new TestNode());
  const agent = new TestAgent(owner.node);
  agent.begin(notesPolicy);
  owner.begin();
  const denied = owner.ask();
  owner.do('grant.deny', owner.deny(denied));
  const manager = owner.certify('manager');
  const constraints = { expires_at: owner.later(), max_calls: '2' };
  const grant = owner.give({ certificate_id: manager, constraints }, owner.keyOf('manager'));
  const request = agent.request('fs::write', { path: '/notes/a', content: 'x' });
  const asked = agent.ask(request, scopedWrite, { target_exists: false });
  const payload = { ...asked.payload, authority_grant_id: grant };
  agent.decide({ request, payload });
  const execution = agent.execution(asked, scopedWrite);
  agent.record({ ...execution, outcome: 'failed_before_effect' });
  owner.do('grant.revoke', owner.revoke(grant));
  owner.do('certificate.revoke', owner.endCertificate(manager));
  owner.do('epoch.advance', owner.advance());
  const rows = foldAll(new MemoryLog().extend(owner.node.texts))('audit');
  const told = (about: string) =>
    rows.filter((row) => row['about'] === about).map(({ kind, result }) => `${kind} ${result}`);
  assert.deepEqual(told(denied), ['grant asked', 'grant denied']);
  const course = ['grant granted', 'spend used', 'spend given back', 'grant revoked'];
  assert.deepEqual(told(grant), course);
  assert.deepEqual(told(manager), ['certificate issued', 'certificate revoked']);
  assert.deepEqual(told('1'), ['epoch advanced']);
  const used = rows.find((row) => row['result'] === 'used');
  const { certificate_ids } = JSON.parse(String(used?.['units']));
  assert.deepEqual(certificate_ids, [manager], 'what it counts against is told');
  assert.equal(used?.['agent_id'], owner.grantHead(grant).grant.subject_id);
});
