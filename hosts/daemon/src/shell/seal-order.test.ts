import assert from 'node:assert/strict';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterEach, test } from 'node:test';
import { LogFault } from '@ioi/agentgres/shell';
import { canonicalBytes } from '@ioi/canon';
import { signHybrid } from '@ioi/crypto/shell';
import type { ActionHead } from '@ioi/law';
import { keys } from '@ioi/law';
import {
  activate,
  deciding,
  hashOf,
  headIn,
  NodeKit,
  notesPolicy,
  PASSPHRASE,
  proposed,
  sealIn,
  started,
} from '../testing/node-kit.ts';

let kit: NodeKit;
afterEach(() => {
  kit.closeGuardian();
  kit.remove();
});

test('an allowed action is committed before its effect and receipted after', async () => {
  kit = new NodeKit();
  const node = await started(kit);
  await activate(kit, node);
  const request = kit.request('fs::write', { path: '/ws/a', content: 'x' });
  const decided = await node.writer.submit(proposed('action.decide', deciding(request, 'ALLOW')));
  assert.ok(decided.ok);
  assert.deepEqual(
    JSON.parse(decided.value.text).events.map((event: { type: string }) => event.type),
    ['receipt.emitted', 'action.committed'],
  );
  const head = headIn<ActionHead>(node.store, keys.action(hashOf(request)));
  assert.equal(head?.state, 'committed');
});

test('a verdict the guardian does not reproduce is refused', async () => {
  kit = new NodeKit();
  const node = await started(kit);
  await activate(kit, node);
  const request = kit.request('fs::write', { path: '/etc/passwd' });
  const forged = await node.writer.submit(proposed('action.decide', deciding(request, 'ALLOW')));
  assert.ok(!forged.ok);
  assert.equal(forged.error.code, 'guardian.verdict_not_reproduced');
  assert.equal(headIn(node.store, keys.action(hashOf(request))), undefined);
});

test('without a policy everything is blocked', async () => {
  kit = new NodeKit();
  const node = await started(kit);
  const request = kit.request('fs::write', { path: '/ws/a' });
  const decided = await node.writer.submit(proposed('action.decide', deciding(request, 'BLOCK')));
  assert.ok(decided.ok);
  assert.match(JSON.stringify(JSON.parse(decided.value.text).events), /policy\.none_active/);
});

test('an approval is used once, by the request it names', async () => {
  kit = new NodeKit();
  const node = await started(kit);
  await activate(kit, node);
  const facts = { target_exists: true, workspace_root: '/ws' };
  const request = kit.request('fs::write', { path: '/ws/a' });
  const asking = deciding(request, 'REQUIRE_APPROVAL', facts);
  assert.ok((await node.writer.submit(proposed('action.decide', asking))).ok);
  assert.equal(node.approver.pending().length, 1);
  const wrong = await node.approver.approve(hashOf(request), 'wrong');
  assert.ok(!wrong.ok && wrong.error.code === 'approver.keyfile.wrong_passphrase');
  const approved = await node.approver.approve(hashOf(request), PASSPHRASE);
  assert.ok(approved.ok && 'token' in approved.value);
  const { token } = approved.value;
  const other = kit.request('fs::write', { path: '/ws/b' });
  const stolen = { ...deciding(other, 'REQUIRE_APPROVAL', facts), token };
  const refused = await node.writer.submit(proposed('action.decide', stolen));
  assert.ok(!refused.ok && refused.error.code === 'approval.invalid');
  const used = { ...asking, token };
  assert.ok((await node.writer.submit(proposed('action.decide', used))).ok);
  const again = await node.writer.submit(proposed('action.decide', used));
  assert.ok(!again.ok && again.error.code === 'request.replayed');
  assert.equal(node.approver.pending().length, 0);
});

test('the channel cannot speak for the guardian or for a person', async () => {
  kit = new NodeKit();
  const node = await started(kit);
  await activate(kit, node);
  const facts = { target_exists: true, workspace_root: '/ws' };
  const request = kit.request('fs::write', { path: '/ws/a' });
  const asking = deciding(request, 'REQUIRE_APPROVAL', facts);
  await node.writer.submit(proposed('action.decide', asking));
  const denial = { request_hash: hashOf(request), reason: 'denied' };
  const forged = await node.writer.submit(proposed('action.deny', denial));
  assert.ok(!forged.ok && forged.error.code === 'operation.not_authentic');
  const more = { request_hash: hashOf(request), expires: '99999999999999' };
  const lasting = await node.writer.submit(proposed('action.extend', more));
  assert.ok(!lasting.ok && lasting.error.code === 'operation.not_authentic');
  const clock = proposed('clock.resync', { from: '0', to: '99999999999999' });
  const posed = { ...clock, authenticated_by: { kind: 'guardian' as const } };
  const refused = await node.writer.submit(posed);
  assert.ok(!refused.ok && refused.error.code === 'operation.not_authentic');
  assert.ok((await node.approver.deny(hashOf(request), PASSPHRASE, 'no')).ok);
  assert.ok((await node.writer.submit(proposed('action.deny', denial))).ok);
});

test('replacing a policy needs an approval over exactly that activation', async () => {
  kit = new NodeKit();
  const node = await started(kit);
  await activate(kit, node);
  const wider = { ...notesPolicy, policy_id: 'wider' };
  await activate(kit, node, wider);
  const policy = node.guardian.activePolicy();
  assert.deepEqual([policy?.policy_id, policy?.version], ['wider', '2']);
});

test('an unsealed tail stays in the log, voided: nothing of it has effect', async () => {
  kit = new NodeKit();
  const node = await started(kit);
  await activate(kit, node);
  const request = kit.request('fs::write', { path: '/ws/a' });
  const failing = Object.assign(Object.create(node.channel), {
    seal: () => Promise.reject(new Error('killed')),
    open: () => node.channel.open(),
    prepare: node.channel.prepare.bind(node.channel),
    closing: node.channel.closing.bind(node.channel),
  });
  node.store.close();
  const { writer } = await kit.writer(failing);
  const asked = proposed('action.decide', deciding(request, 'ALLOW'));
  await assert.rejects(writer.submit(asked), LogFault);
  kit.closeGuardian();
  kit.tick(5_000n);
  kit.clock.wall -= 3_600_000n;
  const { channel } = await kit.guardian();
  const again = await kit.writer(channel);
  assert.equal(again.opened.recovered, true);
  assert.equal(headIn(again.store, keys.action(hashOf(request))), undefined);
  const last = again.store.entries(again.store.size() - 1n, again.store.size())[0];
  assert.match(last?.text ?? '', /"recovered":true.*"code":"log.unsealed"/);
  const retried = await again.writer.submit(asked);
  assert.ok(retried.ok, 'it can be asked for again, under its own id');
});

test('what the guardian is told before the log is on disk seals nothing', async () => {
  kit = new NodeKit();
  const node = await started(kit);
  await activate(kit, node);
  node.store.close();
  const told: string[] = [];
  const watching = Object.assign(Object.create(node.channel), {
    open: () => node.channel.open(),
    prepare: node.channel.prepare.bind(node.channel),
    closing: (batch: number, commit: string) => {
      node.channel.closing(batch, commit);
      told.push(commit);
    },
    seal: async (batch: number, commit: string) => {
      const before = await node.channel.status();
      assert.equal(before.seal?.size, sizeBefore);
      // With anything but what was made durable, however it was announced, it is not sealed.
      node.channel.closing(batch, '{}');
      await assert.rejects(node.channel.seal(batch, '{}'));
      node.channel.closing(batch, commit.replace('"recovered":false', '"recovered":true'));
      return node.channel.seal(batch, commit);
    },
  });
  const { writer, store } = await kit.writer(watching);
  const sizeBefore = String(store.size());
  const request = kit.request('fs::write', { path: '/ws/a' });
  const decided = await writer.submit(proposed('action.decide', deciding(request, 'ALLOW')));
  assert.ok(decided.ok);
  assert.equal(told.length, 1);
  assert.equal(told[0], store.entries(store.size() - 1n, store.size())[0]?.text);
});

test('a batch that was prepared behind another writer never reaches the log', async () => {
  kit = new NodeKit();
  const node = await started(kit);
  await activate(kit, node);
  const size = node.store.size();
  const ask = (path: string) =>
    proposed('action.decide', deciding(kit.request('fs::write', { path }), 'ALLOW'));
  await node.channel.prepare([ask('/ws/other')], {});
  await assert.rejects(node.writer.submit(ask('/ws/a')), { code: 'log.fenced' });
  assert.equal(node.store.size(), size);
});

test('a full disk stops the log: nobody is answered, nothing is sealed', async () => {
  kit = new NodeKit();
  const node = await started(kit);
  await activate(kit, node);
  const before = sealIn(node.guardian)?.size;
  const append = node.store.append.bind(node.store);
  node.store.append = () => {
    throw new Error('database or disk is full');
  };
  const request = kit.request('fs::write', { path: '/ws/a' });
  const operation = proposed('action.decide', deciding(request, 'ALLOW'));
  await assert.rejects(node.writer.submit(operation), { code: 'log.in_doubt' });
  node.store.append = append;
  await assert.rejects(node.writer.submit(proposed('action.decide', deciding(request, 'ALLOW'))));
  assert.equal(sealIn(node.guardian)?.size, before);
  node.store.close();
  const again = await kit.writer(node.channel);
  assert.ok((await again.writer.submit(operation)).ok);
});

test('a log behind its seal, or other than what was sealed, halts', async () => {
  kit = new NodeKit();
  const node = await started(kit);
  await activate(kit, node);
  node.store.close();
  const database = new DatabaseSync(join(kit.folder, 'data', 'log.db'));
  const { text } = database.prepare('SELECT text FROM entries WHERE seq = 2').get() as {
    text: string;
  };
  database.exec('DELETE FROM entries WHERE seq = (SELECT max(seq) FROM entries)');
  await assert.rejects(kit.writer(node.channel), { code: 'log.behind_seal' });
  database.prepare('UPDATE entries SET nodes = zeroblob(32) WHERE seq = 2').run();
  database.prepare('INSERT INTO entries SELECT 99, ?, nodes FROM entries WHERE seq = 0').run(text);
  const heads = new DatabaseSync(join(kit.folder, 'data', 'heads.db'));
  heads.exec('DELETE FROM watermark');
  await assert.rejects(kit.writer(node.channel), (fault: LogFault) =>
    ['log.differs_from_seal', 'log.damaged'].includes(fault.code),
  );
});

test('chain time never runs back and follows the wall clock after a restart', async () => {
  kit = new NodeKit();
  const node = await started(kit);
  const before = node.guardian.chainTime();
  node.store.close();
  kit.closeGuardian();
  kit.clock.monotonic = 5n;
  kit.clock.wall += 3_600_000n;
  const { guardian, channel } = await kit.guardian();
  assert.equal(guardian.chainTime(), before);
  const { writer, store } = await kit.writer(channel);
  await writer.touch();
  assert.equal(guardian.chainTime(), kit.clock.wall);
  const text = store.entries(store.size() - 2n, store.size() - 1n)[0]?.text ?? '';
  assert.match(text, /clock\.resync/);
  kit.clock.wall -= 7_200_000n;
  assert.ok(guardian.chainTime() >= before + 3_600_000n);
});

test('a new node does not resynchronise its clock for a millisecond', async () => {
  kit = new NodeKit();
  const { writer, store } = await kit.writer((await kit.guardian()).channel);
  const clockMoves = async (): Promise<number> => {
    await writer.touch();
    return store.entries(0n, store.size() - 1n).filter(({ text }) => /clock\.resync/.test(text))
      .length;
  };
  assert.equal(await clockMoves(), 0, 'genesis');
  kit.clock.wall += 1_001n;
  kit.clock.monotonic += 1_000n;
  assert.equal(await clockMoves(), 0);
  kit.clock.wall += 2_000n;
  assert.equal(await clockMoves(), 1, 'the machine slept');
});

test('a token that was drawn up too long ago decides nothing, and its request waits', async () => {
  kit = new NodeKit();
  const node = await started(kit);
  await activate(kit, node);
  const request = kit.request('fs::write', { path: '/ws/a' });
  const facts = { target_exists: true, workspace_root: '/ws' };
  const asking = deciding(request, 'REQUIRE_APPROVAL', facts);
  assert.ok((await node.writer.submit(proposed('action.decide', asking))).ok);
  const { tokens } = node.approver;
  const drawn = () => {
    const draft = tokens.draft(hashOf(request));
    if (!draft.ok) throw new Error(draft.error.message);
    const bytes = canonicalBytes(draft.value);
    assert.ok(bytes.ok);
    const signature = signHybrid(kit.owner, 'SIG_DOMAIN_APPROVAL', bytes.value);
    return () => tokens.sign(draft.value, signature);
  };
  const late = drawn();
  kit.tick(11n * 60_000n);
  await node.writer.touch();
  const refused = late();
  assert.equal(refused.ok ? '' : refused.error.code, 'approval.moved');
  assert.equal(node.approver.pending().length, 1, 'it still waits');
  assert.ok(drawn()().ok);
});
