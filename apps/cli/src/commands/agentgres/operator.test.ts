import assert from 'node:assert/strict';
import { createHash, createPublicKey, verify } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { TimeAuthority } from '@ioi/crypto/testing';
import { timestampRequest } from '@ioi/crypto/timestamp/shell';
import { type Agent, connectAgent } from '../../demo/agent.ts';
import { runIoi } from '../../testing/run-ioi.ts';
import {
  MARKET,
  openMarket,
  sampleService,
  serviceClass,
  submit,
} from '../../testing/sample-market.ts';
import { TestNode } from '../../testing/test-node.ts';

const node = new TestNode();
const elsewhere = { env: { IOI_HOME: join(node.folder, 'nothing') } };
const at = (name: string): string => join(node.folder, name);
const agentgres = (...words: string[]) => node.ioi('agentgres', ...words);
const SERVICES = 40;
let agent: Agent;

before(async () => {
  assert.equal((await node.init()).code, 0);
  const up = await node.ioi('up', '--detach');
  assert.equal(up.code, 0, up.stderr);
  assert.equal((await node.activate()).code, 0);
  await openMarket(node, SERVICES);
  agent = await connectAgent(node.home);
});

after(async () => {
  await agent.close();
  await node.close();
});

test('status has every domain and projection, and a running node is well', async () => {
  const { domains, projections } = JSON.parse((await agentgres('status', '--json')).stdout);
  assert.equal(domains.length, 2);
  assert.ok(projections.every((each: { lag: number }) => each.lag === 0));
  const text = await agentgres('status');
  assert.match(text.stdout, /^market\.example +[0-9]+ +[0-9]+ /m);
  assert.match(text.stdout, /^contracts +\S+ +serving +domain_seq:[0-9]+ +0 /m);
  const examined = await agentgres('doctor');
  assert.equal(examined.code, 0, examined.stdout);
});

test('a replay reaches the state of any commit, and says what it counted', async () => {
  const { state_root: root, size } = await node.daemon.domains.status(MARKET);
  const whole = JSON.parse((await agentgres('replay', '--domain', MARKET, '--json')).stdout);
  assert.equal(whole.domains[0].state_root, root);
  assert.equal(whole.domains[0].entries, size);
  assert.equal(whole.domains[0].objects['object.Service'], SERVICES);
  const part = await agentgres('replay', '--domain', MARKET, '--to', '2', '--json');
  const [early] = JSON.parse(part.stdout).domains;
  assert.deepEqual(early.operations, { 'domain/genesis': 1, 'objects/class.define': 1 });
  const late = await agentgres('replay', '--domain', MARKET, '--to', '99999');
  assert.equal(late.code, 2);
  assert.match(late.stderr, /entry 99999 is not sealed/);
  assert.equal((await agentgres('replay', '--to', '2')).code, 2);
  assert.equal((await agentgres('replay', '--domain', 'nowhere')).code, 2);
});

test('roots are verified while the node runs, with and without the states', async () => {
  for (const flags of [[], ['--log-only']]) {
    const ran = await agentgres('verify-root', ...flags);
    assert.equal(ran.code, 0, ran.stdout);
    assert.match(ran.stdout, /^PASS {2}2 domains are what was signed$/m);
  }
  const report = JSON.parse((await agentgres('verify-root', '--json')).stdout);
  assert.deepEqual(report.domains[1].signatures, ['ed25519', 'ml-dsa-44']);
  assert.equal(report.domains[1].refolded.objects['object.Service'], SERVICES);
});

test('a projection is folded again and serves the same rows', async () => {
  const rows = async () => (await node.ioi('query', 'contracts', '--plain')).stdout;
  const earlier = await rows();
  const rebuilt = await agentgres('rebuild-projection', 'contracts', '--json');
  assert.equal(rebuilt.code, 0, rebuilt.stderr);
  assert.equal(JSON.parse(rebuilt.stdout).rows, 14);
  assert.equal(await rows(), earlier);
  const unknown = await agentgres('rebuild-projection', 'no-such');
  assert.equal(unknown.code, 2);
  assert.match(unknown.stderr, /next: ioi projections/);
});

test('an item is explained: object, operation, commit, action with its rules', async () => {
  const object = await agentgres('explain', 'Service/svc_3');
  assert.match(
    object.stdout,
    /^object {2}Service\/svc_3 {2}in agentgres:\/\/domain\/market\.example$/m,
  );
  const { entry, changed } = JSON.parse(
    (await agentgres('explain', 'Service/svc_3', '--json')).stdout,
  );
  assert.deepEqual(changed, []);
  const operation = JSON.parse((await agentgres('explain', entry.operation_id, '--json')).stdout);
  assert.equal(operation.kind, 'operation');
  const names = operation.changed.map((each: { head_class: string }) => each.head_class);
  assert.deepEqual(names, ['object.Service', 'tally.Service']);
  const commit = await agentgres('explain', operation.sealed.commit_seq, '--domain', MARKET);
  assert.match(commit.stdout, /^commit {2}/);
  const blocked = await agent.call('read_text_file', { path: join(node.workspace, '.env') });
  assert.equal(blocked.code, 'policy.blocked');
  const [latest] = (await node.daemon.log({ limit: 10 })).entries.filter(
    (each) => each.operation === 'boundary/action.decide',
  );
  const action = await agentgres('explain', latest?.seq ?? '');
  assert.match(action.stdout, /rules\n {4}BLOCK/);
  assert.match(action.stdout, /never_touch_secrets/);
  const strange = await agentgres('explain', 'Service/none');
  assert.equal(strange.code, 2);
  assert.match(strange.stderr, /no domain of this node knows Service\/none/);
});

test('constraints that were looked at and references that hold an object are named', async () => {
  const domain_id = `agentgres://domain/${MARKET}`;
  const about = { domain_id, object_class: 'Offer', violation_receipt_type: 'validation' };
  const offer = {
    object_class: 'Offer',
    schema_version: '1.0.0',
    schema: { type: 'object', fields: { service: { type: 'ref', object_class: 'Service' } } },
  };
  assert.equal((await submit(node, 'objects/class.define', offer)).code, 0);
  const constraint = {
    ...about,
    constraint_id: 'con_offer_service',
    constraint_type: 'foreign_ref',
    expression: { pointer: '/service', object_class: 'Service' },
    enforcement_mode: 'immediate',
  };
  const defined = await submit(node, 'objects/constraint.define', constraint);
  assert.equal(defined.code, 0, defined.stderr);
  const put = { object_class: 'Offer', id: 'o1', value: { service: 'svc_5' } };
  assert.equal((await submit(node, 'objects/put', put)).code, 0);
  const offered = await agentgres('explain', 'Offer/o1');
  assert.match(offered.stdout, /constraint +con_offer_service on Offer: foreign_ref, immediate/);
  const held = await agentgres('explain', 'Service/svc_5');
  assert.match(held.stdout, /held by +1 objects by con_offer_service/);
});

test('two states differ by exactly what was written between them', async () => {
  const { size } = await node.daemon.domains.status(MARKET);
  const before = `${MARKET}@${size - 1}`;
  const file = at('before.ioi');
  assert.equal((await node.ioi('domain', 'export', MARKET, file)).code, 0);
  assert.equal((await submit(node, 'objects/put', sampleService('added'))).code, 0);
  assert.equal((await submit(node, 'objects/put', sampleService('svc_1', 77))).code, 0);
  const gone = { object_class: 'Service', id: 'svc_2' };
  assert.equal((await submit(node, 'objects/delete', gone)).code, 0);
  for (const source of [before, file]) {
    const ran = await agentgres('diff-heads', source, MARKET, '--class', 'Service', '--json');
    assert.equal(ran.code, 0, ran.stderr);
    const { differences, counts } = JSON.parse(ran.stdout);
    const said = differences.map(
      (each: { change: string; id: string }) => `${each.change} ${each.id}`,
    );
    assert.deepEqual(said, ['added added', 'changed svc_1', 'removed svc_2']);
    assert.deepEqual(counts, { added: 1, removed: 1, changed: 1 });
  }
  const limited = await agentgres(
    'diff-heads',
    before,
    MARKET,
    '--class',
    'Service',
    '--limit',
    '1',
  );
  assert.match(limited.stdout, /^and 2 more$/m);
  const same = await agentgres('diff-heads', MARKET, MARKET);
  assert.match(same.stdout, /^0 added, 0 removed, 0 changed$/m);
  assert.equal((await agentgres('diff-heads', `${MARKET}@99999`, MARKET)).code, 2);
  writeFileSync(at('torn.ioi'), readFileSync(file).subarray(0, 4000));
  const torn = await agentgres('diff-heads', at('torn.ioi'), MARKET);
  assert.equal(torn.code, 2);
  assert.match(torn.stderr, /next: ioi domain list/);
});

test('a receipt is shown in its chain, and its saved proof verifies elsewhere', async () => {
  await agent.call('read_text_file', { path: join(node.workspace, 'notes.txt') });
  const [row = ''] = (
    await node.ioi('query', 'receipts', '--plain', '--order', '-seq')
  ).stdout.split('\n');
  const id = row.split('\t').find((cell) => cell.startsWith('receipt_')) ?? '';
  const proof = at('receipt.tlog');
  const ran = await agentgres('inspect-receipt', id, '--proof', proof);
  assert.equal(ran.code, 0, ran.stdout + ran.stderr);
  assert.match(ran.stdout, /^chain {6}follows receipt_[0-9a-f]{32}, whose hash it names$/m);
  assert.match(ran.stdout, /^place {6}proven: entry [0-9]+ of [0-9]+ signed/m);
  assert.match(readFileSync(proof, 'utf8'), /^c2sp\.org\/tlog-proof@v1\nextra /);
  const { node_id: nodeId } = await node.daemon.status();
  const verified = await runIoi(['verify', proof, '--node', nodeId], elsewhere);
  assert.equal(verified.code, 0, verified.stdout + verified.stderr);
  assert.ok(verified.stdout.includes(id));
  const text = readFileSync(proof, 'utf8');
  const [, index = ''] = /\nindex ([0-9]+)\n/.exec(text) ?? [];
  writeFileSync(proof, text.replace(`index ${index}`, `index ${Number(index) - 1}`));
  assert.equal((await runIoi(['verify', proof], elsewhere)).code, 12);
  const none = await agentgres('inspect-receipt', '1');
  assert.equal(none.code, 2);
  assert.match(none.stderr, /gave no receipt/);
});

test('a receipt is handed on in the formats of others, each signed by the node', async () => {
  const rows = (await node.ioi('query', 'receipts', '--plain', '--order', '-seq')).stdout;
  const [id = ''] = rows.match(/receipt_[0-9a-f]{32}/) ?? [];
  const formats = ['json', 'dsse', 'sigstore', 'cose', 'cose-ml-dsa-44', 'tlog-proof', 'key'];
  for (const format of formats) {
    const out = at(`receipt.${format}`);
    const ran = await node.ioi('receipt', id, '--format', format, '--out', out);
    assert.equal(ran.code, 0, ran.stderr);
  }
  const { payload, payloadType, signatures } = JSON.parse(readFileSync(at('receipt.dsse'), 'utf8'));
  const statement = Buffer.from(payload, 'base64');
  const head = `DSSEv1 ${payloadType.length} ${payloadType} ${statement.length} `;
  const signature = Buffer.from(signatures[0].sig, 'base64');
  const key = createPublicKey(readFileSync(at('receipt.key')));
  assert.ok(verify(null, Buffer.concat([Buffer.from(head), statement]), key, signature));
  const [subject] = JSON.parse(statement.toString()).subject;
  const digest = createHash('sha256')
    .update(readFileSync(at('receipt.json')))
    .digest('hex');
  assert.deepEqual(subject, { name: id, digest: { sha256: digest } });
  assert.equal((await runIoi(['verify', at('receipt.tlog-proof')], elsewhere)).code, 0);
  const shown = JSON.parse((await node.ioi('receipt', id, '--format', 'cose', '--json')).stdout);
  assert.match(shown.base64, /^0oR[YZ]/);
  const again = await node.ioi('receipt', id, '--format', 'dsse', '--out', at('receipt.dsse'));
  assert.match(again.stderr, /EEXIST/);
  assert.match((await node.ioi('receipt', id, '--format', 'xml')).stderr, /one of json, dsse/);
  const elsewhereNode = ['--node', `node://local/${'0'.repeat(32)}`];
  const strange = await node.ioi('receipt', id, ...elsewhereNode);
  assert.equal(strange.code, 12, strange.stdout);
  assert.match(strange.stderr, /this is the log of node:/);
  const none = await node.ioi('receipt', '1');
  assert.match(none.stderr, /gave no receipt/);
});

test('checkpoints and bundles are stamped, and no wrong stamp is kept', async () => {
  const authority = new TimeAuthority(at('authority'));
  const url = await authority.serve();
  after(() => authority.close());
  const by = ['--timestamp', url, '--tsa-ca', authority.caFile];
  const kept = at('checkpoint.txt');
  const ran = await node.ioi('checkpoint', ...by, '--out', kept);
  assert.equal(ran.code, 0, ran.stderr);
  assert.equal(authority.verifies(kept, `${kept}.tsr`), true);
  const log = at('stamped.ioi');
  assert.equal((await node.ioi('export', '--out', log)).code, 0);
  const verifying = ['verify', log, '--expect', kept, '--tsa-ca'];
  const verified = await runIoi([...verifying, authority.caFile], elsewhere);
  assert.equal(verified.code, 0, verified.stdout + verified.stderr);
  assert.match(verified.stdout, /^stamped {6}the checkpoint was there at 20\S+Z, says CN=Test/m);
  const foreign = new TimeAuthority(at('foreign'));
  const refused = await runIoi([...verifying, foreign.caFile], elsewhere);
  assert.equal(refused.code, 12);
  const digest = new Uint8Array(32);
  const earlier = authority.answer(timestampRequest({ digest, nonce: new Uint8Array([7]) }));
  for (const [twist, code] of [
    [() => earlier, 'timestamp.other_imprint'],
    [(_: Uint8Array, query: Uint8Array) => foreign.answer(query), 'timestamp.foreign_certificate'],
    [(answer: Uint8Array) => new Uint8Array([...answer, 0]), 'timestamp.malformed'],
    [() => new Uint8Array(readFileSync(`${kept}.tsr`)), 'timestamp.wrong_nonce'],
  ] as const) {
    authority.twist = twist;
    const wrong = at('wrong.txt');
    const said = await node.ioi('checkpoint', ...by, '--out', wrong, '--json');
    assert.equal(said.code, 12, said.stdout);
    // The log may have grown since, and then it is of something else already.
    const { error } = JSON.parse(said.stderr);
    assert.ok([code, 'timestamp.other_imprint'].includes(error.code), error.code);
    assert.equal(existsSync(wrong) || existsSync(`${wrong}.tsr`), false);
  }
  authority.twist = (answer) => answer;
  const rows = (await node.ioi('query', 'receipts', '--plain', '--order', '-seq')).stdout;
  const [id = ''] = rows.match(/receipt_[0-9a-f]{32}/) ?? [];
  const bundle = await node.ioi('receipt', id, '--format', 'sigstore', ...by);
  assert.equal(bundle.code, 0, bundle.stderr);
  const { timestampVerificationData: stamps } = JSON.parse(bundle.stdout).verificationMaterial;
  assert.equal(stamps.rfc3161Timestamps.length, 1);
  assert.equal((await node.ioi('checkpoint', ...by)).code, 2);
});

/** name becomes title, in the next version of the class. */
const next = {
  to_schema_version: '2.0.0',
  schema: {
    type: 'object',
    fields: { title: { type: 'text', max_length: 80 }, price: serviceClass.schema.fields.price },
  },
  transform: [{ op: 'rename', from: 'name', to: 'title' }],
};

test('a class is migrated from wherever an interrupted run left it', async () => {
  const file = at('next.json');
  writeFileSync(file, JSON.stringify(next));
  const migrate = (...words: string[]) =>
    agentgres('migrate', 'Service', '--domain', MARKET, ...words);
  // What another run left behind: proposed, and some objects moved.
  const proposal = {
    ...next,
    migration_id: 'mig_service_2_0_0',
    domain_id: `agentgres://domain/${MARKET}`,
    object_class: 'Service',
    from_schema_version: '1.0.0',
    constraints: [],
    dropped_constraint_ids: [],
    backfill_plan_ref: 'plan://a',
    rollback_plan_ref: 'plan://b',
  };
  assert.equal((await submit(node, 'objects/migration.propose', proposal)).code, 0);
  const some = { migration_id: 'mig_service_2_0_0', object_ids: ['svc_3', 'svc_9'] };
  assert.equal((await submit(node, 'objects/migration.backfill', some)).code, 0);
  const { running } = JSON.parse((await migrate('--status', '--json')).stdout);
  assert.deepEqual([running.objects - running.behind, running.objects], [2, SERVICES]);
  const done = await migrate('--to', file);
  assert.equal(done.code, 0, done.stderr);
  assert.match(done.stdout, /^Service is at 2\.0\.0; no migration runs$/m);
  const again = await migrate('--to', file);
  assert.match(again.stderr, /is at 2\.0\.0 already/);
  const { value } = (await node.daemon.domains.object(MARKET, 'object.Service', 'svc_30')) as {
    value: { value: object; schema_version: string };
  };
  assert.deepEqual(value.value, { title: 'Service svc_30', price: 30 });
  assert.equal(value.schema_version, '2.0.0');
});

test('a migration that runs is rolled back to where it began', async () => {
  const migrate = (...words: string[]) =>
    agentgres('migrate', 'Service', '--domain', MARKET, ...words);
  const proposal = {
    migration_id: 'mig_back',
    domain_id: `agentgres://domain/${MARKET}`,
    object_class: 'Service',
    from_schema_version: '2.0.0',
    to_schema_version: '3.0.0',
    schema: serviceClass.schema,
    transform: [{ op: 'rename', from: 'title', to: 'name' }],
    constraints: [],
    dropped_constraint_ids: [],
    backfill_plan_ref: 'plan://a',
    rollback_plan_ref: 'plan://b',
  };
  assert.equal((await submit(node, 'objects/migration.propose', proposal)).code, 0);
  const object_ids = Array.from({ length: 32 }, (_, each) => `svc_${each + 3}`);
  const some = { migration_id: 'mig_back', object_ids };
  assert.equal((await submit(node, 'objects/migration.backfill', some)).code, 0);
  const other = at('other.json');
  writeFileSync(other, JSON.stringify({ ...next, to_schema_version: '4.0.0' }));
  const clash = await migrate('--to', other);
  assert.equal(clash.code, 2);
  assert.match(clash.stderr, /mig_back runs, not mig_service_4_0_0/);
  const back = await migrate('--rollback');
  assert.equal(back.code, 0, back.stderr);
  assert.match(back.stdout, /^Service is at 2\.0\.0; no migration runs$/m);
  assert.match((await migrate('--rollback')).stderr, /no migration of Service runs/);
  assert.equal((await migrate('--to', at('missing.json'))).code, 2);
  assert.equal((await migrate()).code, 2);
  writeFileSync(other, JSON.stringify({ schema: {} }));
  assert.equal((await migrate('--to', other)).code, 2);
  assert.equal((await agentgres('migrate', 'Service', '--status')).code, 2);
  assert.equal((await agentgres('migrate', 'Nope', '--domain', MARKET, '--status')).code, 2);
});
