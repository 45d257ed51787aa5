import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { encodeUtf8 } from '@ioi/basis';
import { until } from '@ioi/basis/testing';
import type { Digest } from '@ioi/canon';
import { digestBytes } from '@ioi/canon';
import { SealKeys } from '@ioi/guardian/shell';
import { canonicalize, contentKeys, saltedText } from '@ioi/law';
import type { ActionRules } from '@ioi/protocol';
import { verify } from '@ioi/verifier';
import { ContentKit } from '../testing/content-kit.ts';
import { activate, deciding, notesPolicy } from '../testing/node-kit.ts';
import { exportText, sizeOf } from './export.ts';
import { Forgetting } from './forgetting.ts';

let node: ContentKit;

before(async () => {
  node = await ContentKit.start();
  await activate(node.kit, node.node, withTexts(notesPolicy));
});

after(() => node.remove());

/** The same policy, with a rule about the text of a request. */
function withTexts(rules: ActionRules): ActionRules {
  const secret = {
    rule_id: 'no_secrets',
    target: 'fs::write',
    conditions: { allow_paths: ['/ws/t'], block_text_pattern: 'SECRET' },
    action: 'BLOCK' as const,
  };
  return canonicalize({ ...rules, rules: [...rules.rules, secret] });
}

const why = { reason: 'asked for', authority: 'operator' } as const;

function kept(digest: Digest) {
  const artifact = node.store.artifact(digest);
  assert.ok(artifact);
  return artifact;
}

test('an export holds the text a decision was made on, which verifies', async () => {
  const text = 'another SECRET';
  const salted = saltedText('1e'.repeat(16), text);
  const digest = digestBytes(salted);
  const reference = { $payload: digest, bytes: text.length };
  const request = node.kit.request('fs::write', { path: '/ws/t', text: reference });
  const put = await node.contents.put(node.callOf(request), { [digest]: salted }, [digest]);
  const decision = { ...deciding(request, 'BLOCK'), evidence: [digest] };
  assert.ok((await node.submit('action.decide', decision, { [digest]: salted })).ok);
  node.contents.settle(put, true);
  const [latest] = node.node.guardian.uncosigned();
  assert.ok(latest);
  const note = await new SealKeys(node.kit.seal).cosign(
    latest.note,
    latest.frontier,
    latest.origin,
  );
  const cosigned = { note, size: sizeOf(note) };
  const bare = exportText(node.reader, cosigned);
  assert.ok(!bare.ok && bare.code === 'payload.missing');
  const exported = exportText(node.reader, cosigned, (each) => node.contents.salted(each));
  assert.ok(exported.ok && exported.text.includes(text));
  assert.deepEqual(verify([encodeUtf8(exported.text)]).findings, []);
});

test('a text is decided on by the guardian too, who keeps nothing of it', async () => {
  const text = 'a MARKER and a SECRET';
  const salted = saltedText('0f'.repeat(16), text);
  const digest = digestBytes(salted);
  const reference = { $payload: digest, bytes: text.length };
  const request = node.kit.request('fs::write', { path: '/ws/t', text: reference });
  const evidence = [digest];
  const lie = { ...deciding(request, 'ALLOW'), evidence };
  const refused = await node.submit('action.decide', lie, { [digest]: salted });
  assert.ok(!refused.ok && refused.error.code === 'guardian.verdict_not_reproduced');
  const unseen = await node.submit('action.decide', { ...deciding(request, 'BLOCK'), evidence });
  assert.ok(!unseen.ok && unseen.error.code === 'content.missing');
  const decision = { ...deciding(request, 'BLOCK'), evidence };
  const sealed = await node.submit('action.decide', decision, { [digest]: salted });
  assert.ok(sealed.ok);
  assert.equal(node.everything().includes('MARKER'), false);
});

test('what is forgotten is in the log, and in no file of the node any more', async () => {
  const digest = await node.write('one MARKER in a text');
  assert.equal(node.contents.text(digest), 'one MARKER in a text');
  const forgotten = await node.forgetting.forget([kept(digest)], why);
  assert.ok(forgotten.ok && forgotten.value.receipts.length === 1);
  assert.equal(node.contents.text(digest), undefined);
  assert.equal(node.store.artifact(digest), undefined);
  assert.ok(node.reader.get(contentKeys.forgotten(digest)));
  assert.equal(node.everything().includes('MARKER'), false);
});

test('a stop between log and keys is made up for, one before the log spares them', async () => {
  const [sealed, unsealed] = [await node.write('sealed'), await node.write('unsealed')];
  node.store.condemn([sealed, unsealed]);
  const said = await node.submit('content/forget', { digests: [sealed], ...why });
  assert.ok(said.ok);
  assert.equal(
    node.contents.text(sealed),
    undefined,
    'nobody reads what the log says is forgotten',
  );
  node.reopen();
  node.contents.recover();
  assert.equal(node.store.artifact(sealed), undefined);
  assert.equal(node.contents.text(unsealed), 'unsealed');
  assert.deepEqual(node.store.unsettled('condemned'), []);
});

test('a stop between content and log leaves nothing that no entry refers to', async () => {
  const orphan = node.writing('never decided');
  await node.contents.put(orphan.call, orphan.payloads, []);
  const { call, payloads, digest } = node.writing('decided');
  const { beside } = await node.contents.put(call, payloads, []);
  const decision = { ...deciding(call.request, 'ALLOW'), evidence: [digest] };
  await node.submit('action.decide', decision, payloads, beside);
  // Nothing was written to its own place: what is read stood beside the log.
  node.reopen();
  node.contents.recover();
  assert.equal(node.store.artifact(orphan.digest), undefined);
  assert.equal(node.contents.text(digest), 'decided');
  assert.deepEqual(
    node.store.unsettled('new').filter((each) => each.digest === orphan.digest),
    [],
  );
});

test('what was forgotten does not come back from beside the log', async () => {
  const digest = await node.write('forgotten while it stood beside the log');
  const beside = node.node.store.beside();
  assert.ok(beside.some((each) => each.digest === digest));
  assert.ok((await node.forgetting.forget([kept(digest)], why)).ok);
  node.reopen();
  node.contents.recover();
  assert.equal(node.contents.text(digest), undefined);
  assert.equal(node.store.artifact(digest), undefined);
});

test('what a start took up leaves its place beside the log with the next entry', async () => {
  const digest = await node.write('taken up');
  node.reopen();
  node.contents.recover();
  await node.write('the next');
  assert.ok(!node.node.store.beside().some((each) => each.digest === digest));
  assert.equal(node.contents.text(digest), 'taken up');
});

test('what was written to its own place does not stand beside the log for long', async () => {
  const first = await node.write('settled');
  const isBeside = (): boolean => {
    return node.node.store.beside().some(({ digest }) => digest === first);
  };
  assert.ok(isBeside());
  await until('it was written, and another commit followed', async () => {
    await node.write('another');
    return !isBeside();
  });
  node.reopen();
  assert.equal(node.contents.text(first), 'settled');
});

test('a hold spares a content from everyone until it is released', async () => {
  const digest = await node.write('held');
  const { forgetting } = node;
  assert.ok((await forgetting.setHold('content/hold', [digest], 'case')).ok);
  const refused = await forgetting.forget([kept(digest)], why);
  assert.ok(!refused.ok && refused.error.code === 'content.held');
  assert.equal(node.contents.text(digest), 'held');
  assert.equal(forgetting.sparedBy(kept(digest)), 'held');
  assert.ok((await forgetting.setHold('content/release', [digest], 'case')).ok);
  assert.ok((await forgetting.forget([kept(digest)], why)).ok);
});

test('what an action still needs is not forgotten', async () => {
  const digest = await node.write('waits for a person', 'REQUIRE_APPROVAL');
  const refused = await node.forgetting.forget([kept(digest)], why);
  assert.ok(!refused.ok && refused.error.code === 'content.in_use');
});

test('a sweep forgets the too old and the too many, oldest first, not the rest', async () => {
  const digests: Digest[] = [];
  for (const text of ['first', 'second', 'third', 'fourth']) digests.push(await node.write(text));
  const [first, second, third, fourth] = digests as [Digest, Digest, Digest, Digest];
  await node.forgetting.setHold('content/hold', [first], 'case');
  node.retention = { ...node.retention, content: { keep_days: 30, max_bytes: 1e9 } };
  await node.forgetting.sweep();
  assert.ok(
    digests.every((digest) => node.store.artifact(digest)),
    'nothing is due',
  );
  const total = node.store.totals().find((each) => each.artifactClass === 'content');
  const { sizeBytes } = kept(second);
  const max_bytes = (total?.bytes ?? 0) - sizeBytes;
  // Whatever earlier tests left is older: it goes before these do.
  const older = node.store
    .select({ artifactClass: 'content' }, 100)
    .filter(
      (each) => !digests.includes(each.digest) && node.forgetting.sparedBy(each) === undefined,
    );
  node.retention = { ...node.retention, content: { keep_days: 30, max_bytes } };
  await node.forgetting.sweep();
  const gone = older.length > 0 ? older[0]?.digest : second;
  assert.equal(node.store.artifact(gone ?? ''), undefined);
  assert.ok(node.store.artifact(first) && node.store.artifact(third));
  node.retention = { ...node.retention, content: { keep_days: 0, max_bytes: 1e9 } };
  node.needed.add(fourth);
  await node.forgetting.sweep();
  assert.ok(node.store.artifact(fourth), 'a run that is open was given it');
  const refused = await node.forgetting.forget([kept(fourth)], why);
  assert.match(refused.ok ? '' : refused.error.message, /a run that is not over/);
  node.needed.clear();
  await node.forgetting.sweep();
  assert.ok(node.store.artifact(first), 'held');
  for (const digest of [second, third, fourth])
    assert.equal(node.store.artifact(digest), undefined);
  assert.equal(node.forgetting.sparedBy(kept(first)), 'held');
});

test('a sweep that fails keeps no later one from forgetting', async () => {
  const digest = await node.write('swept later');
  let failures = 1;
  const { store, reader } = node;
  const content = { keep_days: 0, max_bytes: 1e9 };
  const submit = (operation: string, payload: object) => node.submit(operation, payload);
  const forgetting = new Forgetting({
    store,
    reader,
    writer: { submit } as never,
    retention: () => {
      if (failures-- > 0) throw new Error('SQLITE_BUSY');
      return { ...node.retention, content };
    },
    isNeeded: () => false,
    log: () => {},
  });
  await assert.rejects(forgetting.sweep(), /SQLITE_BUSY/);
  await forgetting.sweep();
  assert.equal(store.artifact(digest), undefined);
});

test('more contents than one entry names are forgotten in entries of 256', async () => {
  const { call } = node.writing('');
  const texts = Array.from({ length: 300 }, (_, at) => saltedText('77'.repeat(16), `text ${at}`));
  const payloads = Object.fromEntries(texts.map((text) => [digestBytes(text), text]));
  const put = await node.contents.put(call, payloads, []);
  const { digests } = put;
  node.contents.settle(put, true);
  const forgotten = await node.forgetting.forget(digests.map(kept), why);
  assert.ok(forgotten.ok);
  assert.equal(forgotten.value.receipts.length, 2);
  assert.equal(
    digests.some((digest) => node.store.artifact(digest)),
    false,
  );
});
