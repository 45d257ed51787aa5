import assert from 'node:assert/strict';
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterEach, test } from 'node:test';
import { encodeUtf8 } from '@ioi/basis';
import { canonicalJson } from '@ioi/canon';
import { generateHybridKey } from '@ioi/crypto/shell';
import { nodeIdOf, originOf } from '@ioi/law';
import type { LogEntry } from '@ioi/protocol';
import {
  activate,
  deciding,
  hashOf,
  headIn,
  NodeKit,
  notesPolicy,
  PASSPHRASE,
  policyText,
  proposed,
  started,
  writeContract,
} from '../testing/node-kit.ts';

let kit: NodeKit;
afterEach(() => {
  kit.closeGuardian();
  kit.remove();
});

const overwrite = { target_exists: true, workspace_root: '/ws' };

function text(entry: object): string {
  const json = canonicalJson(entry);
  assert.ok(json.ok);
  return json.value;
}

test('recovery believes nothing, and only before anything else', async () => {
  kit = new NodeKit();
  const { channel, guardian } = await kit.guardian();
  const mine = generateHybridKey();
  const node_id = nodeIdOf(mine.publicKey, kit.seal.publicKey);
  const foreign = { ...kit.genesis, node_id, owner_key: mine.publicKey, origin: originOf(node_id) };
  const forged = (payload: object): string =>
    text({
      seq: '0',
      height: '0',
      chain_time: String(kit.clock.wall),
      operation_id: `op_${'0'.repeat(32)}`,
      operation: 'boundary/genesis',
      module_hash: kit.genesis.modules[0]?.module_hash,
      authenticated_by: { kind: 'guardian' },
      payload,
      events: [{ type: 'genesis.created', genesis: payload }],
    });
  await assert.rejects(channel.recover([forged(foreign)]), /genesis/);
  await assert.rejects(channel.recover([forged({ ...kit.genesis, demo: true })]), /genesis/);
  const { writer } = await kit.writer(channel);
  await writer.touch();
  await assert.rejects(channel.recover([forged(kit.genesis)]), /before anything else/);
  assert.equal(guardian.node()?.node_id, kit.genesis.node_id);
});

test('a crash before the very first seal keeps genesis', async () => {
  kit = new NodeKit();
  const first = await kit.guardian();
  const failing = Object.assign(Object.create(first.channel), {
    seal: () => Promise.reject(new Error('killed')),
    open: () => first.channel.open(),
    prepare: first.channel.prepare.bind(first.channel),
    closing: first.channel.closing.bind(first.channel),
  });
  const { writer } = await kit.writer(failing);
  await assert.rejects(writer.touch());
  kit.closeGuardian();
  kit.tick(60_000n);
  const { channel, guardian } = await kit.guardian();
  const again = await kit.writer(channel);
  assert.equal(again.opened.recovered, true);
  assert.equal(guardian.node()?.node_id, kit.genesis.node_id);
  assert.ok((await again.writer.submit(proposed('contract.register', contract()))).ok);
});

const contract = () => ({ contract: writeContract });

test('a tail with an entry of the guardian is voided and the node goes on', async () => {
  kit = new NodeKit();
  const node = await started(kit);
  await activate(kit, node);
  node.store.close();
  kit.closeGuardian();
  kit.clock.wall += 3_600_000n;
  const second = await kit.guardian();
  const failing = Object.assign(Object.create(second.channel), {
    seal: () => Promise.reject(new Error('killed')),
    open: () => second.channel.open(),
    prepare: second.channel.prepare.bind(second.channel),
    closing: second.channel.closing.bind(second.channel),
  });
  const { writer } = await kit.writer(failing);
  await assert.rejects(writer.touch());
  kit.closeGuardian();
  const third = await kit.guardian();
  const again = await kit.writer(third.channel);
  await again.writer.touch();
  assert.ok((await again.writer.submit(proposed('contract.register', contract()))).ok);
});

test('an approval holds for the contract, attempt, tier and facts that were shown', async () => {
  kit = new NodeKit();
  const node = await started(kit);
  await activate(kit, node);
  const request = kit.request('fs::write', { path: '/ws/a' });
  const asking = deciding(request, 'REQUIRE_APPROVAL', overwrite);
  assert.ok((await node.writer.submit(proposed('action.decide', asking))).ok);
  const approved = await node.approver.approve(hashOf(request), PASSPHRASE);
  assert.ok(approved.ok && 'token' in approved.value);
  const other = { ...writeContract, server: 'evil', tool: 'format_disk' };
  assert.ok((await node.writer.submit(proposed('contract.register', { contract: other }))).ok);
  const { token } = approved.value;
  const used = { ...asking, token };
  for (const change of [
    { contract_hash: hashOf(other) },
    { attempt: 7 },
    { isolation_tier: 'hardware' },
    { facts: { ...overwrite, workspace_root: '/' } },
  ]) {
    const refused = await node.writer.submit(proposed('action.decide', { ...used, ...change }));
    assert.equal(refused.ok, false, JSON.stringify(change));
  }
  assert.ok((await node.writer.submit(proposed('action.decide', used))).ok);
});

test('the channel writes no genesis and moves no clock', async () => {
  kit = new NodeKit();
  const { writer, guardian } = await started(kit);
  const to = String(guardian.chainTime());
  for (const operation of [
    proposed('clock.resync', { from: '0', to }),
    proposed('genesis', kit.genesis),
  ]) {
    const refused = await writer.submit(operation);
    assert.ok(!refused.ok && refused.error.code === 'operation.not_authentic');
  }
  const commit = await writer.submit({ ...proposed('x', {}), operation: 'domain/commit' });
  assert.ok(!commit.ok && commit.error.code === 'operation.unknown');
});

test('text without a canonical form is refused, and nobody falls over it', async () => {
  kit = new NodeKit();
  const { writer } = await started(kit);
  const half = { ...proposed('contract.register', contract()) };
  const payload = { contract: { ...writeContract, version: 'x\ud83d' } };
  const refused = await writer.submit({ ...half, payload });
  assert.ok(!refused.ok && refused.error.code === 'operation.not_canonical');
  assert.ok((await writer.submit(proposed('contract.register', contract()))).ok);
});

test('an activation is what was signed, and a failed one stays failed', async () => {
  kit = new NodeKit();
  const node = await started(kit);
  const activating = node.approver.activate(policyText(notesPolicy), PASSPHRASE);
  const notice = await kit.handedOver();
  const { operation_id } = notice.operation;
  const posing = { ...proposed('contract.register', contract()), operation_id };
  assert.ok((await node.writer.submit(posing)).ok);
  const told = await activating;
  assert.ok(!told.ok && told.error.code === 'daemon.misled');
  const later = { ...notice.operation, operation_id: `op_${'7'.repeat(32)}` };
  const refused = await node.writer.submit(later, notice.payloads);
  assert.ok(!refused.ok && refused.error.code === 'operation.withdrawn');
  assert.equal(node.guardian.activePolicy(), undefined);
});

test('a log that other modules began is refused by name, not gone on with', async () => {
  kit = new NodeKit();
  const [first, ...others] = kit.genesis.modules;
  assert.ok(first);
  const older = { ...first, version: '0', module_hash: `sha256:${'0'.repeat(64)}` as const };
  const genesis = { ...kit.genesis, modules: [older, ...others] };
  Object.assign(kit, { genesis });
  const { channel } = await kit.guardian();
  const { writer, store } = await kit.writer(channel);
  await writer.touch();
  store.close();
  kit.closeGuardian();
  const again = await kit.guardian();
  await assert.rejects(kit.writer(again.channel), {
    code: 'log.other_modules',
    message: /begun with addons 0, this program has 1/,
  });
});

test('a guardian restored from an older copy is noticed', async () => {
  kit = new NodeKit();
  const node = await started(kit);
  await activate(kit, node);
  node.store.close();
  kit.closeGuardian();
  const file = join(kit.folder, 'guardian', 'guardian.db');
  const copy = readFileSync(file);
  const second = await kit.guardian();
  const later = await kit.writer(second.channel);
  await later.writer.submit(proposed('contract.register', { contract: writeContract }));
  later.store.close();
  kit.closeGuardian();
  for (const suffix of ['-wal', '-shm']) if (existsSync(file + suffix)) rmSync(file + suffix);
  writeFileSync(file, copy);
  const { channel } = await kit.guardian();
  await assert.rejects(kit.writer(channel), { code: 'log.seal_rolled_back' });
});

test('heads that were tampered with are folded again from the log', async () => {
  kit = new NodeKit();
  const node = await started(kit);
  await activate(kit, node);
  node.store.close();
  const heads = new DatabaseSync(join(kit.folder, 'data', 'heads.db'));
  heads.exec(`UPDATE heads SET value = '{"policy_id":"x"}' WHERE head_class = 'policy'`);
  heads.close();
  const again = await kit.writer(node.channel);
  const policy = headIn<{ policy_id: string }>(again.store, { headClass: 'policy', id: 'active' });
  assert.equal(policy?.policy_id, 'notes');
  const [last] = again.store.entries(again.store.size() - 1n, again.store.size());
  assert.ok(encodeUtf8(last?.text ?? '').length > 0);
  assert.equal((JSON.parse(last?.text ?? '{}') as LogEntry).operation, 'domain/commit');
});
