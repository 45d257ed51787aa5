import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { until } from '@ioi/basis/testing';
import { cidOf } from '@ioi/canon';
import { RunningIoi } from '../testing/run-ioi.ts';
import { TestNode } from '../testing/test-node.ts';

const node = new TestNode();
const passphrase = ['--passphrase-file', node.passphraseFile];
const at = (name: string): string => join(node.folder, name);
const BANK = 'bank.example';
const domain_id = `agentgres://domain/${BANK}`;
const { domains } = node.daemon;
const key = at('teller.key');
const NOTES = 960;
const REPORT = Buffer.alloc(200_000, 'report ');

const put = (operation: string, payload: Readonly<Record<string, unknown>>) => {
  return domains.submit(BANK, { operation: `objects/${operation}`, payload });
};

async function signed(operation: string, payload: object): Promise<void> {
  const given = ['--payload', JSON.stringify(payload), '--sign', key, ...passphrase];
  const ran = await node.ioi('domain', 'submit', BANK, `objects/${operation}`, ...given);
  assert.equal(ran.code, 0, ran.stderr);
}

const number = { type: 'integer', min: 0 };
const total = (pointer: string) => {
  return { aggregate: { object_class: 'Account', measure: 'sum', pointer } };
};
const sha256 = `sha256:${createHash('sha256').update(REPORT).digest('hex')}` as const;
const artifact = {
  artifact_id: 'artifact_report',
  cid: cidOf(sha256),
  sha256,
  size_bytes: REPORT.length,
  media_type: 'application/pdf',
  privacy_class: 'internal',
  encryption: { mode: 'none' },
  provenance: { run_id: 'run_1' },
};

before(async () => {
  assert.equal((await node.init()).code, 0);
  assert.equal((await node.ioi('up', '--detach')).code, 0);
  assert.equal((await node.ioi('domain', 'open', BANK)).code, 0);
  assert.equal((await node.ioi('domain', 'key', 'new', key, ...passphrase)).code, 0);
  assert.equal((await node.ioi('domain', 'key', 'add', BANK, key)).code, 0);
  const fields = { owner: { type: 'text', max_length: 80 }, balance: number, held: number };
  await signed('class.define', {
    ...{ object_class: 'Account', schema_version: '1.0.0', owner_only: ['balance'] },
    schema: { type: 'object', fields },
  });
  const invariant = { invariant_id: 'inv_covered', domain_id, invariant_type: 'settlement' };
  await signed('invariant.define', {
    ...{ ...invariant, mode: 'enforce' },
    // Of no state on the way there: only of all accounts together.
    expression: { op: 'eq', args: [total('/balance'), total('/held')] },
  });
  const account = (id: string, balance: number, held: number) => {
    return { object_class: 'Account', id, value: { owner: id, balance, held } };
  };
  const steps = Array.from({ length: 40 }, (_, i) => {
    return { action: 'put', ...account(`acc_${i}`, i < 20 ? 10 : 0, i < 20 ? 0 : 10) };
  });
  for (const [from, to] of [
    [0, 10],
    [10, 20],
  ] as const) {
    await signed('transact', {
      steps: [...steps.slice(from, to), ...steps.slice(from + 20, to + 20)],
    });
  }
  const schema = { type: 'object', fields: { text: { type: 'text', max_length: 80 } } };
  await put('class.define', { object_class: 'Note', schema_version: '1.0.0', schema });
  for (let from = 0; from < NOTES; from += 32) {
    const steps = Array.from({ length: 32 }, (_, i) => {
      const note = { object_class: 'Note', id: `note_${from + i}`, value: { text: `${i}` } };
      return { action: 'put', ...note };
    });
    await put('transact', { steps });
  }
  await put('reference.bind', {
    ...{ ref_id: 'ref_ledger', source_domain: domain_id, created_at: '1000' },
    ...{ target_domain: 'agentgres://domain/ledger.example', object_class: 'Book' },
    object_ref: 'agentgres://domain/ledger.example/Book/b1',
    state_root_ref: `sha256:${'4e'.repeat(32)}`,
  });
  await put('artifact.attach', artifact);
  mkdirSync(at('bytes'));
  writeFileSync(join(at('bytes'), artifact.cid), REPORT);
});

after(() => node.close());

const codeOf = (stderr: string): string => JSON.parse(stderr).error.code;

test('bytes of artifacts go along as the log names them, or stay where they are', async () => {
  const create = (to: string, ...more: string[]) =>
    node.ioi('archive', 'create', BANK, '--to', at(to), '--json', ...more);
  assert.equal(codeOf((await create('none')).stderr), 'archive.artifact_missing');
  mkdirSync(at('empty'));
  const empty = await create('none', '--artifacts', at('empty'));
  assert.equal(codeOf(empty.stderr), 'archive.artifact_missing');
  for (const [name, bytes] of [
    ['short', REPORT.subarray(1)],
    ['changed', Buffer.from(REPORT).fill('x', 0, 1)],
  ] as const) {
    mkdirSync(at(name));
    writeFileSync(join(at(name), artifact.cid), bytes);
    const ran = await create('none', '--artifacts', at(name));
    assert.equal(codeOf(ran.stderr), 'archive.artifact_changed', name);
  }
  assert.equal(existsSync(at('none')), false);
  const made = await create('bank.archive', '--artifacts', at('bytes'));
  assert.equal(made.code, 0, made.stderr);
  assert.deepEqual(JSON.parse(made.stdout).contents, ['operation_log', 'artifact_refs']);
  const staying = await create('stay.archive', '--artifacts-stay');
  assert.deepEqual(JSON.parse(staying.stdout).contents, ['operation_log']);
});

const restore = (file: string, as: string, ...more: string[]) =>
  node.ioi('archive', 'restore', at(file), '--as', as, ...passphrase, '--json', ...more);
const sign = ['--sign', key, '--sign-passphrase-file', node.passphraseFile];

test('what a class keeps for a key comes back when that key speaks', async () => {
  const artifacts = ['--artifacts', at('restored')];
  const unplaced = await restore('bank.archive', 'again.example', ...sign);
  assert.equal(codeOf(unplaced.stderr), 'archive.artifacts_unplaced');
  const nobody = await restore('bank.archive', 'again.example', ...artifacts);
  assert.equal(nobody.code, 3);
  assert.equal(codeOf(nobody.stderr), 'archive.keeper_needed');
  assert.deepEqual(readdirSync(at('restored')), [], 'nothing is put where nothing is made');
  const strange = await restore(
    'bank.archive',
    'again.example',
    ...artifacts,
    '--rebind',
    'Nothing',
  );
  assert.equal(strange.code, 2);
  const done = await restore('bank.archive', 'again.example', ...artifacts, ...sign);
  assert.equal(done.code, 0, done.stderr);
  const hex = artifact.sha256.slice('sha256:'.length);
  assert.deepEqual(readFileSync(join(at('restored'), hex)), REPORT);
  const again = (headClass: string, id: string) => domains.object('again.example', headClass, id);
  assert.deepEqual((await again('artifact', 'artifact_report')).value, artifact);
  const bound = Object((await again('reference', 'ref_ledger')).value);
  assert.equal(bound.source_domain, 'agentgres://domain/again.example');
  assert.equal(bound.state_root_ref, `sha256:${'4e'.repeat(32)}`);
  const { owner } = Object((await again('class', 'Account')).value);
  const [before] = (await domains.objects(BANK, 'principal', { limit: 1 })).objects;
  assert.equal(owner, before?.id);
  const keys = await domains.objects('again.example', 'principal', { limit: 1 });
  assert.deepEqual(keys.objects, [], 'who may speak is given again');
  const put = { object_class: 'Account', id: 'x', value: { owner: 'x', balance: 1, held: 1 } };
  const request = { operation: 'objects/put', payload: put };
  await assert.rejects(domains.submit('again.example', request), /its owner only/);
  const free = { ...put, value: { owner: 'x', held: 1 } };
  await assert.rejects(
    domains.submit('again.example', { ...request, payload: free }),
    /inv_covered|balance/,
  );
});

test('a class may be kept for the channel from now on, where somebody says so', async () => {
  const rebind = ['--artifacts', at('restored'), '--rebind', 'Account'];
  const begun = 'begun.example';
  await domains.open(`agentgres://domain/${begun}`);
  const done = await restore('bank.archive', begun, ...rebind);
  assert.equal(done.code, 0, done.stderr);
  const { owner } = Object((await domains.object(begun, 'class', 'Account')).value);
  assert.equal(owner, 'channel');
  assert.match((await restore('bank.archive', begun, ...rebind)).stderr, /is there already/);
});

test('an import that is killed goes on where it was, and seals nothing twice', async (t) => {
  const killed = 'killed.example';
  const more = ['--artifacts', at('restored'), '--rebind', 'Account'];
  const args = ['archive', 'restore', at('bank.archive'), '--as', killed, ...passphrase, ...more];
  const running = new RunningIoi(t, args, { env: { IOI_HOME: node.home.folder } });
  await until('some of it is sealed', async () => {
    const status = await domains.status(killed).catch(() => undefined);
    return (status?.size ?? 0) >= 5;
  });
  await running.stop('SIGKILL');
  const { size } = await domains.status(killed);
  const other = await restore('bank.archive', killed, ...sign, ...more.slice(0, 2));
  assert.equal(codeOf(other.stderr), 'archive.other_import');
  const done = await restore('bank.archive', killed, ...more);
  assert.equal(done.code, 0, done.stderr);
  const { receipt } = JSON.parse(done.stdout);
  const ids: string[] = [];
  for (let from = -1; ; ) {
    const { entries } = await domains.log(killed, from, 1000);
    const last = entries.at(-1);
    if (last === undefined) break;
    from = Number(last.seq);
    ids.push(...entries.filter(isImport).map((each) => each.operation_id));
  }
  assert.ok(size < (await domains.status(killed)).size, 'it was killed before its end');
  // Of the receipt: its class, and itself.
  assert.equal(ids.length, Number(receipt.imported_operations) + 2);
  assert.equal(new Set(ids).size, ids.length);
});

const isImport = ({ operation }: { readonly operation: string }): boolean =>
  operation.startsWith('objects/');

test('an archive whose contents or list are not what it says is refused by name', async () => {
  const file = readFileSync(at('bank.archive'));
  const envelope = JSON.parse(readFileSync(at('bank.archive.json'), 'utf8'));
  const claims = (name: string, bytes: Buffer, members: object): string => {
    const sha256 = createHash('sha256').update(bytes).digest('hex');
    writeFileSync(at(name), bytes);
    const changed = { ...envelope, archive_sha256: `sha256:${sha256}`, ...members };
    writeFileSync(at(`${name}.json`), JSON.stringify(changed));
    return name;
  };
  const artifacts = ['--artifacts', at('never'), ...sign];
  const refused = async (name: string): Promise<string> => {
    const ran = await restore(name, 'never.example', ...artifacts);
    return codeOf(ran.stderr);
  };
  const bare = { contents: ['operation_log'] };
  assert.equal(await refused(claims('bare', file, bare)), 'archive.artifacts_differ');
  for (const place of [40, 120_000, 20]) {
    const bytes = Buffer.from(file);
    const where = bytes.length - place;
    bytes[where] = (bytes[where] ?? 0) ^ 1;
    assert.equal(await refused(claims(`flipped-${place}`, bytes, {})), 'archive.damaged');
  }
  const cut = claims('cut', file.subarray(0, -1), {});
  assert.equal(await refused(cut), 'archive.damaged');
  const text = file.toString('latin1').replace(/"parts_bytes":[0-9]+/, '"parts_bytes":0');
  assert.match(
    await refused(claims('header', Buffer.from(text, 'latin1'), {})),
    /^archive\.damaged$/,
  );
  const listed = (await domains.list()).map((each) => each.domain_id);
  assert.ok(!listed.some((each) => each.includes('never')));
  assert.equal(existsSync(join(at('never'), artifact.sha256.slice(7))), false);
});
