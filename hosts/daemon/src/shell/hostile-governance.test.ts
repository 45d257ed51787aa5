import assert from 'node:assert/strict';
import { afterEach, test } from 'node:test';
import type { GovernanceReview } from '@ioi/protocol';
import {
  activate,
  hashOf,
  NodeKit,
  notesPolicy,
  PASSPHRASE,
  proposed,
  type Started,
  started,
  writeContract,
} from '../testing/node-kit.ts';

let kit: NodeKit;
afterEach(() => {
  kit.closeGuardian();
  kit.remove();
});

const justification = {
  execution_trace_refs: [],
  failure_modes: [{ name: 'too slow', evidence_hash: hashOf('evidence') }],
  fitness_signals: [],
};
const READ = ['prim:fs.read'];

function manifest(version: string, capabilities: readonly string[]) {
  return {
    module_id: `module://local/summarise/${version}`,
    manifest_type: 'service_module',
    required_capabilities: capabilities,
    deployment_profile: {
      model_name: 'none',
      mount_mode: 'local_file',
      vram_required_bytes: '0',
    },
  };
}

const register = { operation: 'module.register', asked: { manifest: manifest('1', READ) } };
const widen = {
  operation: 'module.swap',
  asked: { manifest: manifest('2', [...READ, 'prim:sys.exec']), justification },
};
const narrow = { operation: 'module.swap', asked: { manifest: manifest('2', []), justification } };

type Wish = { readonly operation: string; readonly asked: Record<string, unknown> };

function shown(node: Started, wish: Wish): GovernanceReview {
  const review = node.desk.review(wish);
  assert.ok(review.ok, JSON.stringify(review));
  return review.value;
}

/** As the owner who looked first; the hand-over is the test's to carry out or to spoil. */
function sign(node: Started, wish: Wish, passphrase = PASSPHRASE) {
  return node.desk.sign(wish, shown(node, wish).review_hash, passphrase);
}

/** Signed, and brought to the log as an honest daemon does. */
async function settled(node: Started, wish: Wish) {
  const signing = sign(node, wish);
  const notice = await kit.handedOver();
  assert.equal(notice.kind, 'statement');
  const submitted = await node.writer.submit(notice.operation);
  assert.ok(submitted.ok, JSON.stringify(submitted));
  const signed = await signing;
  assert.ok(signed.ok, JSON.stringify(signed));
  return { notice, ...signed.value };
}

function codeOf(result: { ok: true } | { ok: false; error: { code: string } }): string {
  return result.ok ? 'ok' : result.error.code;
}

const again = (operation: ReturnType<typeof proposed>) => ({
  ...operation,
  operation_id: `op_${'7'.repeat(32)}`,
});

test('what is signed is what was shown, and narrowing needs no token', async () => {
  kit = new NodeKit();
  const node = await started(kit);
  await settled(node, register);
  const review = shown(node, narrow);
  assert.deepEqual([review.inclusion, review.step_up], ['narrower', false]);
  assert.ok(review.words.includes('- prim:fs.read'), review.words.join('\n'));
  assert.ok(review.words.includes('because of too slow'));
  const { entry, notice } = await settled(node, narrow);
  assert.deepEqual(entry.payload['swap'], review.statement);
  assert.equal(notice.operation.payload['token'], undefined);
});

test('what may widen is signed with a token over exactly it, under a policy', async () => {
  kit = new NodeKit();
  const node = await started(kit);
  await settled(node, register);
  const unapproved = node.desk.review(widen);
  assert.equal(codeOf(unapproved), 'policy.none_active');
  await activate(kit, node, notesPolicy);
  const review = shown(node, widen);
  assert.deepEqual([review.inclusion, review.step_up], ['undecided', true]);
  assert.ok(review.words.includes('+ prim:sys.exec'));
  const { entry } = await settled(node, widen);
  assert.match(JSON.stringify(entry.events), /"type":"approval.consumed"/);
});

test('a statement that moved since it was shown is not signed', async () => {
  kit = new NodeKit();
  const node = await started(kit);
  await settled(node, register);
  const { review_hash: hash } = shown(node, narrow);
  await settled(node, narrow);
  assert.equal(codeOf(await node.desk.sign(narrow, hash, PASSPHRASE)), 'governance.moved');
  const other = await node.desk.sign(widen, hash, PASSPHRASE);
  assert.notEqual(codeOf(other), 'ok');
  assert.equal(codeOf(await node.desk.sign(narrow, '', PASSPHRASE)), 'governance.moved');
  assert.equal(kit.notices.filter((notice) => 'operation' in notice).length, 0);
});

test('a wrong passphrase signs nothing, and nothing but statements is signed', async () => {
  kit = new NodeKit();
  const node = await started(kit);
  assert.match(codeOf(await sign(node, register, 'wrong')), /^approver\./);
  for (const operation of ['proposal.commit', 'module.mount', 'node.announce', 'constructor']) {
    assert.equal(codeOf(node.desk.review({ operation, asked: {} })), 'operation.unknown');
  }
  const smuggled = { ...register, asked: { ...register.asked, sequence: '9' } };
  assert.equal(codeOf(node.desk.review(smuggled)), 'operation.invalid_payload');
  const shapeless = ['chain.advance', 'module.swap', 'proposal.decide', 'settlement.record'];
  for (const operation of shapeless)
    assert.notEqual(codeOf(node.desk.review({ operation, asked: {} })), 'ok');
  assert.equal(kit.notices.filter((notice) => 'operation' in notice).length, 0);
});

test('a daemon that swaps the payload on the way gets nothing sealed, now or later', async () => {
  kit = new NodeKit();
  const node = await started(kit);
  await activate(kit, node, notesPolicy);
  await settled(node, register);
  const signing = sign(node, widen);
  const { operation } = await kit.handedOver();
  const swap = {
    ...(operation.payload['swap'] as object),
    manifest: manifest('2', ['prim:net.request']),
  };
  const swapped = { ...operation, payload: { ...operation.payload, swap } };
  assert.equal(codeOf(await node.writer.submit(swapped)), 'governance.unauthorised');
  assert.equal(codeOf(await signing), 'governance.unauthorised');
  assert.equal(codeOf(await node.writer.submit(again(operation))), 'operation.withdrawn');
});

test('a daemon that seals something else under the name of it is found out', async () => {
  kit = new NodeKit();
  const node = await started(kit);
  const signing = sign(node, register);
  const { operation } = await kit.handedOver();
  const contract = { ...proposed('contract.register', {}), operation_id: operation.operation_id };
  const posing = { ...contract, payload: { contract: otherContract() } };
  assert.ok((await node.writer.submit(posing)).ok);
  assert.equal(codeOf(await signing), 'daemon.misled');
  assert.equal(codeOf(await node.writer.submit(again(operation))), 'operation.withdrawn');
});

function otherContract() {
  return { ...writeContract, server: 'other' };
}

test('under another id it is the same act: the owner is told, and nothing replays', async () => {
  kit = new NodeKit();
  const node = await started(kit);
  await activate(kit, node, notesPolicy);
  await settled(node, register);
  const signing = sign(node, widen);
  const { operation } = await kit.handedOver();
  assert.ok((await node.writer.submit(again(operation))).ok);
  const signed = await signing;
  assert.ok(signed.ok && signed.value.entry.operation_id === again(operation).operation_id);
  assert.equal(codeOf(await node.writer.submit(operation)), 'module.moved');
});

test('what the daemon never brings is withdrawn, and can be signed again', async () => {
  kit = new NodeKit();
  kit.deliveryMs = 60;
  const node = await started(kit);
  const signing = sign(node, register);
  const { operation } = await kit.handedOver();
  assert.equal(codeOf(await signing), 'daemon.no_answer');
  assert.equal(codeOf(await node.writer.submit(operation)), 'operation.withdrawn');
  kit.closeGuardian();
  kit.deliveryMs = 15_000;
  const { guardian, desk, channel } = await kit.guardian();
  const later = { ...node, guardian, desk, channel };
  const { writer } = await kit.writer(channel);
  assert.equal(codeOf(await writer.submit(again(operation))), 'operation.withdrawn');
  await settled({ ...later, writer }, register);
});

test('what was prepared in time and told to have failed is not sealed after all', async () => {
  kit = new NodeKit();
  const node = await started(kit);
  const signing = sign(node, register);
  const { operation } = await kit.handedOver();
  const prepared = await node.channel.prepare([operation], {});
  assert.equal(prepared.entries.length, 1);
  const broken = { ...again(operation), payload: { ...operation.payload, registration: {} } };
  await node.channel.prepare([broken], {});
  assert.equal(codeOf(await signing), 'operation.invalid_payload');
  await assert.rejects(node.channel.seal(prepared.batch, '{}'), /told that it failed/);
});

test('the same is not signed twice at once', async () => {
  kit = new NodeKit();
  const node = await started(kit);
  const first = sign(node, register);
  const { operation } = await kit.handedOver();
  assert.equal(codeOf(await sign(node, register)), 'operation.under_way');
  assert.ok((await node.writer.submit(operation)).ok);
  assert.equal(codeOf(await first), 'ok');
});

test('a chain of another controller is not the owner\u2019s to move or to settle for', async () => {
  kit = new NodeKit();
  const node = await started(kit);
  await activate(kit, node, notesPolicy);
  const chain = (name: string, more: object = {}) => ({
    operation: 'chain.create',
    asked: { manifest_ref: `cid://${name}`, manifest_hash: hashOf(name), ...more },
  });
  const foreign = { controller_key: kit.seal.publicKey };
  const [own, other] = [
    await settled(node, chain('own')),
    await settled(node, chain('other', foreign)),
  ].map(({ entry }) => chainIn(entry.events));
  const advance = (chain_id: unknown) => ({
    operation: 'chain.advance',
    asked: { chain_id, state_root: hashOf('next') },
  });
  const moved = await settled(node, advance(own));
  assert.match(JSON.stringify(moved.entry.events), /"type":"chain.advanced"/);
  assert.equal(codeOf(node.desk.review(advance(other))), 'chain.other_controller');
  const settlement = { chain_ids: [own, other], nonce: '1' };
  const recording = { operation: 'settlement.record', asked: settlement };
  assert.equal(codeOf(node.desk.review(recording)), 'chain.other_controller');
});

function chainIn(events: readonly Record<string, unknown>[]): string {
  const created = events.find((event) => event['type'] === 'chain.created');
  const chain = created?.['chain'] as { envelope: { chain_id: string } } | undefined;
  return chain?.envelope.chain_id ?? '';
}
