import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { runIoi } from '../testing/run-ioi.ts';
import { MARKET, openMarket, sampleService, submit } from '../testing/sample-market.ts';
import { TestNode } from '../testing/test-node.ts';

const node = new TestNode();
const passphrase = ['--passphrase-file', node.passphraseFile];
const elsewhere = { env: { IOI_HOME: join(node.folder, 'nothing') } };
const ZERO = `sha256:${'0'.repeat(64)}`;
const at = (name: string): string => join(node.folder, name);

before(async () => {
  assert.equal((await node.init()).code, 0);
  const up = await node.ioi('up', '--detach');
  assert.equal(up.code, 0, up.stderr);
  await openMarket(node, 3);
});

after(() => node.close());

test('domains are listed and shown with size, age and root; none is opened twice', async () => {
  const listed = await node.ioi('domain', 'list', '--json');
  const { domains } = JSON.parse(listed.stdout);
  assert.equal(domains.length, 2);
  assert.equal(domains[1].domain_id, `agentgres://domain/${MARKET}`);
  assert.ok(domains[1].stores.log > 0 && domains[1].height !== undefined);
  const shown = await node.ioi('domain', 'show', MARKET);
  assert.match(shown.stdout, /state root {2}sha256:[0-9a-f]{64}/);
  assert.match(shown.stdout, /^ {2}3 {2}object\.Service$/m);
  const again = await node.ioi('domain', 'open', MARKET);
  assert.equal(again.code, 2);
  assert.match(again.stderr, /is open\n {2}next: ioi domain show/);
  const strange = await node.ioi('domain', 'show', 'nowhere.example');
  assert.equal(strange.code, 2);
  assert.match(strange.stderr, /not open on this node/);
});

test('an operation is sealed, or refused with the reason and nothing changed', async () => {
  const done = await submit(node, 'objects/put', sampleService('new', 7));
  assert.match(done.stdout, /^sealed objects\/put as entry [0-9]+, op_[0-9a-f]{32}$/m);
  const dear = await submit(node, 'objects/put', sampleService('dear', -1));
  assert.equal(dear.code, 1);
  assert.match(dear.stderr, /Service\/dear at \/price/);
  const unknown = await submit(node, 'objects/nonsense', {});
  assert.equal(unknown.code, 2);
  for (const payload of ['{', '[]', '@/no/such/file']) {
    const bad = await node.ioi('domain', 'submit', MARKET, 'objects/put', '--payload', payload);
    assert.equal(bad.code, 2, bad.stderr);
  }
  const gone = await node.ioi('domain', 'objects', MARKET, 'Service', '--id', 'dear');
  assert.equal(gone.code, 1);
  assert.match(gone.stderr, /no object\.Service\/dear/);
});

test('what must not have changed is held against what did', async () => {
  const page = await node.daemon.domains.objects(MARKET, 'object.Service', { limit: 1 });
  const [{ id, value } = assert.fail('there is no service')] = page.objects;
  const { updated_seq: since } = value as { updated_seq: string };
  const payload = JSON.stringify(sampleService(id, 3));
  const put = ['domain', 'submit', MARKET, 'objects/put', '--payload', payload, '--if-unchanged'];
  assert.equal((await node.ioi(...put, `Service/${id}@${since}`)).code, 0);
  const late = await node.ioi(...put, `Service/${id}@${since}`);
  assert.equal(late.code, 1);
  assert.match(late.stderr, /changed object\.Service/);
  assert.equal((await node.ioi(...put, 'Service')).code, 2);
});

test('a key speaks once it is added, and no more once it is revoked', async () => {
  const file = at('mine.key');
  const made = await node.ioi('domain', 'key', 'new', file, ...passphrase, '--json');
  const { key_id: keyId } = JSON.parse(made.stdout);
  const put = (id: string) => {
    const payload = JSON.stringify(sampleService(id));
    const words = ['domain', 'submit', MARKET, 'objects/put', '--payload', payload];
    return node.ioi(...words, '--sign', file, ...passphrase);
  };
  const stranger = await put('signed');
  assert.equal(stranger.code, 3);
  assert.match(stranger.stderr, /is no key of this domain\n {2}next: ioi domain key list/);
  assert.equal((await node.ioi('domain', 'key', 'add', MARKET, file, '--label', 'me')).code, 0);
  const listed = await node.ioi('domain', 'key', 'list', MARKET, '--plain');
  assert.deepEqual(listed.stdout.trim().split('\t').slice(2), ['objects/*', 'me']);
  const sealed = await put('signed');
  assert.equal(sealed.code, 0, sealed.stderr);
  const [, seq = ''] = /entry ([0-9]+)/.exec(sealed.stdout) ?? [];
  const why = await node.ioi('agentgres', 'explain', seq, '--domain', MARKET);
  assert.match(why.stdout, new RegExp(`by {11}key ${keyId}, me`));
  assert.equal((await node.ioi('domain', 'key', 'revoke', MARKET, keyId)).code, 0);
  assert.equal((await put('late')).code, 3);
  assert.equal((await node.ioi('domain', 'key', 'new', file, ...passphrase)).code, 2);
  writeFileSync(at('no.key'), '{}');
  assert.equal((await node.ioi('domain', 'key', 'add', MARKET, at('no.key'))).code, 2);
});

test('a saved read verifies elsewhere: an object, an absence, a whole class', async () => {
  const { node_id: nodeId } = await node.daemon.status();
  const objects = ['domain', 'objects', MARKET, 'Service'];
  const files = { one: at('one.proof'), none: at('none.proof'), all: at('all.proof') };
  assert.equal((await node.ioi(...objects, '--id', 'svc_1', '--proof', files.one)).code, 0);
  assert.equal((await node.ioi(...objects, '--id', 'svc_no', '--proof', files.none)).code, 0);
  assert.equal((await node.ioi(...objects, '--proof', files.all)).code, 0);
  assert.equal((await node.ioi(...objects, '--proof', files.all)).code, 2);
  const said = async (file: string): Promise<string> => {
    const ran = await runIoi(['verify', file, '--node', nodeId], elsewhere);
    assert.equal(ran.code, 0, ran.stdout + ran.stderr);
    return ran.stdout;
  };
  assert.match(await said(files.one), /^shows {8}object\.Service\/svc_1 = \{/m);
  assert.match(await said(files.none), /^shows {8}object\.Service\/svc_no is not there$/m);
  assert.match(await said(files.all), /^lists {8}all [0-9]+ of object\.Service$/m);
  const told = async (file: string) => {
    return JSON.parse((await runIoi(['verify', file, '--json'], elsewhere)).stdout);
  };
  const [none] = (await told(files.none)).shown;
  assert.deepEqual(none, { head_class: 'object.Service', id: 'svc_no', absent: true });
  assert.equal((await told(files.one)).shown[0].value.value.name, 'Service svc_1');
  assert.equal((await told(files.all)).listed_class, 'object.Service');
  const piped = await runIoi(['verify', '-'], {
    ...elsewhere,
    input: readFileSync(files.one, 'utf8'),
  });
  assert.equal(piped.code, 0);
  const changed = readFileSync(files.all, 'utf8').replace('Service svc_1', 'Service svc_2');
  writeFileSync(files.all, changed);
  const bad = await runIoi(['verify', files.all], elsewhere);
  assert.equal(bad.code, 12);
  assert.match(bad.stdout, /state\.root_mismatch: .*\nFAIL/);
  const other = await runIoi(['verify', files.one, '--node', 'node://local/x'], elsewhere);
  assert.equal(other.code, 12);
  const expect = await runIoi(['verify', files.one, '--expect', 'x\ny\n'], elsewhere);
  assert.equal(expect.code, 2);
  writeFileSync(files.none, '{"commit":{},"genesis":{}}');
  assert.equal((await runIoi(['verify', files.none], elsewhere)).code, 12);
});

test('the export of a domain verifies elsewhere', async () => {
  const file = at('market.ioi');
  const saved = await node.ioi('domain', 'export', MARKET, file);
  assert.equal(saved.code, 0, saved.stderr);
  const good = await runIoi(['verify', file], elsewhere);
  assert.equal(good.code, 0, good.stdout);
  assert.match(good.stdout, /^PASS {2}[0-9]+ entries verified$/m);
  const again = await node.ioi('domain', 'export', MARKET, file);
  assert.equal(again.code, 2);
  assert.equal((await node.ioi('domain', 'export', MARKET, file, '--force')).code, 0);
});

test('pages of objects go on where the last one ended', async () => {
  const seen: string[] = [];
  let after: string[] = [];
  for (;;) {
    const words = ['domain', 'objects', MARKET, 'Service', '--limit', '2', '--json', ...after];
    const { objects } = JSON.parse((await node.ioi(...words)).stdout);
    if (objects.length === 0) break;
    seen.push(...objects.map((each: { id: string }) => each.id));
    after = ['--after', seen.at(-1) ?? ''];
  }
  assert.deepEqual(seen, [...new Set(seen)].sort());
  assert.ok(seen.length >= 4);
});

test('a listing is as long as was asked for, however few the node gives at once', async () => {
  const { domains } = node.daemon;
  const all = await domains.classes(MARKET);
  const before = all.classes.find((each) => each.head_class === 'object.Service')?.objects ?? 0;
  await Promise.all(
    Array.from({ length: 1001 - before }, (_, at) => {
      const payload = sampleService(`many_${at}`);
      return domains.submit(MARKET, { operation: 'objects/put', payload });
    }),
  );
  const list = (limit: string) =>
    node.ioi('domain', 'objects', MARKET, 'Service', '--limit', limit, '--plain');
  const whole = await list('5000');
  assert.equal(whole.stdout.trimEnd().split('\n').length, 1001);
  assert.doesNotMatch(whole.stderr, /more:/);
  const part = await list('1000');
  assert.equal(part.stdout.trimEnd().split('\n').length, 1000);
  assert.match(part.stderr, /more:/);
});

/** Names of files in a folder of their own, and what is in them. */
function changed(archive: string, name: string, change: (bytes: Buffer) => Buffer): string {
  const to = at(name);
  writeFileSync(to, change(readFileSync(archive)));
  writeFileSync(`${to}.json`, readFileSync(`${archive}.json`));
  return to;
}

/** The envelope says what it said, but for these members. */
function claiming(archive: string, members: object): string {
  const to = changed(archive, `claims-${Object.keys(members)[0]}`, (bytes) => bytes);
  const envelope = JSON.parse(readFileSync(`${archive}.json`, 'utf8'));
  const sha256 = createHash('sha256').update(readFileSync(to)).digest('hex');
  writeFileSync(
    `${to}.json`,
    JSON.stringify({ ...envelope, archive_sha256: `sha256:${sha256}`, ...members }),
  );
  return to;
}

test('a domain is sealed, and becomes another with the same objects and a receipt', async () => {
  const constraint = {
    constraint_id: 'con_note_text',
    domain_id: `agentgres://domain/${MARKET}`,
    object_class: 'Note',
    constraint_type: 'required',
    expression: { pointers: ['/text'] },
    enforcement_mode: 'immediate',
    violation_receipt_type: 'constraint_violation',
  };
  const text = { type: 'text', max_length: 4_000, optional: true };
  const state = { type: 'enum', values: ['draft', 'sent'], optional: true };
  const note = { object_class: 'Note', schema_version: '1.0.0' };
  const schema = { type: 'object', fields: { text, state } };
  const pointer = '/state';
  const transitions = {
    ...constraint,
    constraint_id: 'con_note_state',
    constraint_type: 'temporal',
    expression: { kind: 'transitions', pointer, initial: ['draft'], allowed: [['draft', 'sent']] },
  };
  const draft = { object_class: 'Note', id: 'sent', value: { text: 'x', state: 'draft' } };
  const long = (id: string) => ({ object_class: 'Note', id, value: { text: '日'.repeat(3_000) } });
  for (const [operation, payload] of [
    ['class.define', { ...note, schema }],
    ['constraint.define', constraint],
    ['constraint.define', transitions],
    ['put', { object_class: 'Note', id: 'one', value: { text: 'kept' } }],
    ['put', draft],
    ['put', { ...draft, value: { text: 'x', state: 'sent' } }],
    ...['a', 'b', 'c', 'd'].map((id) => ['put', long(id)] as const),
  ] as const) {
    await node.daemon.domains.submit(MARKET, { operation: `objects/${operation}`, payload });
  }
  const archive = at('market.archive');
  const made = await node.ioi('archive', 'create', MARKET, '--to', archive);
  assert.equal(made.code, 0, made.stderr);
  assert.equal(readFileSync(archive).includes('svc_1'), false);
  const more = await node.ioi('archive', 'create', MARKET, '--to', at('second.archive'));
  assert.equal(more.code, 0, more.stderr);
  const shown = await runIoi(['archive', 'inspect', archive], elsewhere);
  assert.match(shown.stdout, /^objects {6}ref:\/\/market\.example\/object\.Service@sha256:/m);
  const kept = JSON.parse(readFileSync(`${archive}.json`, 'utf8'));
  const { domains } = node.daemon;
  const envelope = await domains.object(MARKET, 'object.AgentStateArchive', kept.archive_id);
  assert.deepEqual(Object(envelope.value).value.envelope, kept);
  const as = ['--as', 'again.example', ...passphrase];
  const restored = await node.ioi('archive', 'restore', archive, ...as, '--json');
  assert.equal(restored.code, 0, restored.stderr);
  const { receipt } = JSON.parse(restored.stdout);
  assert.equal(receipt.archive_ref, `arch://${kept.archive_id}`);
  assert.equal(receipt.authority_grant_refs.length, 0);
  const there = await domains.object('again.example', 'object.RestoreReceipt', receipt.restore_id);
  assert.deepEqual(Object(there.value).value.envelope, receipt);
  const service = await domains.object('again.example', 'object.Service', 'svc_1');
  assert.deepEqual(Object(service.value).value, { name: 'Service svc_1', price: 1 });
  const bare = { object_class: 'Note', id: 'bare', value: {} };
  const payload = ['--payload', JSON.stringify(bare)];
  const refused = await node.ioi('domain', 'submit', 'again.example', 'objects/put', ...payload);
  assert.equal(refused.code, 1, refused.stdout);
  const twice = await node.ioi('archive', 'restore', archive, ...as);
  assert.match(twice.stderr, /is there already/);
  const [{ domain_id: own = '' } = {}] = await domains.list();
  const ownLog = await node.ioi('archive', 'create', own, '--to', at('own'));
  assert.match(ownLog.stderr, /is no archive/);
});

test('an archive that is changed, of another or says otherwise is refused by name', async () => {
  const archive = at('market.archive');
  const restore = async (file: string, ...more: string[]): Promise<string> => {
    const args = ['--as', 'never.example', ...passphrase, ...more, '--json'];
    const ran = await node.ioi('archive', 'restore', file, ...args);
    assert.notEqual(ran.code, 0, ran.stdout);
    return JSON.parse(ran.stderr).error.code;
  };
  const flip = (bytes: Buffer): Buffer => {
    const place = bytes.length - 40;
    return Buffer.from(bytes.map((byte, index) => (index === place ? byte ^ 1 : byte)));
  };
  assert.equal(await restore(changed(archive, 'flipped', flip)), 'archive.hash_mismatch');
  const again = (file: string): string => claiming(file, { base_state_root: ZERO });
  assert.equal(await restore(again(archive)), 'archive.state_root_mismatch');
  assert.equal(
    await restore(claiming(archive, { receipt_root: ZERO })),
    'archive.state_root_mismatch',
  );
  const refs = [`ref://market.example/object.Service@${ZERO}`];
  assert.equal(
    await restore(claiming(archive, { object_head_refs: refs })),
    'archive.heads_differ',
  );
  assert.equal(await restore(claiming(archive, { object_head_refs: [] })), 'archive.heads_differ');
  const elsewhereId = 'agentgres://domain/else.example';
  assert.equal(
    await restore(claiming(archive, { domain_id: elsewhereId })),
    'archive.other_domain',
  );
  assert.equal(await restore(claiming(archive, { policy_hash: ZERO })), 'archive.other_policy');
  const id = `arch_${'0'.repeat(32)}`;
  assert.equal(await restore(claiming(archive, { archive_id: id })), 'archive.other_archive');
  const version = claiming(archive, { schema_version: '9.0.0' });
  assert.equal(await restore(version), 'archive.unknown_schema');
  const flipped = changed(archive, 'damaged', flip);
  assert.equal(
    await restore(claiming(flipped, { contents: ['operation_log'] })),
    'archive.damaged',
  );
  const cut = changed(archive, 'cut', (bytes) => bytes.subarray(0, -1));
  assert.equal(await restore(claiming(cut, { contents: ['operation_log'] })), 'archive.damaged');
  const strange = await restore(archive, '--node', `node://local/${'0'.repeat(32)}`);
  assert.equal(strange, 'archive.log_invalid');
  const other = new TestNode('other-home');
  assert.equal((await other.init()).code, 0);
  const key = ['--owner-key', join(other.home.guardian, 'owner.key')];
  const theirs = ['--passphrase-file', other.passphraseFile];
  assert.equal(await restore(archive, ...key, ...theirs), 'archive.other_owner');
  const listed = JSON.parse((await node.ioi('domain', 'list', '--json')).stdout);
  assert.ok(
    !listed.domains.some((each: { domain_id: string }) => each.domain_id.includes('never')),
  );
  await other.close();
});
