import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { copyFileSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { until } from '@ioi/basis/testing';
import type {
  EffectivePolicy,
  NodeStatus,
  OrganisationPage,
  OrganisationPublication,
} from '@ioi/protocol';
import { type Agent, connectAgent } from '../demo/agent.ts';
import { CommandFault } from '../shell/fault.ts';
import { findSockets } from '../shell/home.ts';
import { OrganisationApi } from '../shell/organisation-api.ts';
import type { Ran } from '../testing/run-ioi.ts';
import { TestNode } from '../testing/test-node.ts';

const node = new TestNode();
const withPassphrase = ['--passphrase-file', node.passphraseFile];
const ORGANISATION = 'org://example';
let agent: Agent;
let made = 0;

before(async () => {
  assert.equal((await node.init()).code, 0);
  const up = await node.ioi('up', '--detach');
  assert.equal(up.code, 0, up.stderr);
  assert.equal((await node.activate()).code, 0);
  agent = await connectAgent(node.home);
});

after(async () => {
  await agent.close();
  await node.close();
});

function place(name: string): string {
  return join(node.folder, name);
}

async function good(...args: string[]): Promise<Ran> {
  const ran = await node.ioi(...args);
  assert.equal(ran.code, 0, `${args.join(' ')}: ${ran.stderr}`);
  return ran;
}

async function answer<T>(...args: string[]): Promise<T> {
  return JSON.parse((await good(...args, '--json')).stdout) as T;
}

type Rules = { rules: { rule_id: string; target: string; conditions: object; action: string }[] };

/** The starter policy with its rules changed, as a file. */
function policyFile(name: string, change: (rules: Rules['rules']) => Rules['rules']): string {
  const policy = JSON.parse(readFileSync(node.home.policy, 'utf8')) as Rules;
  const path = place(`${name}.json`);
  writeFileSync(path, JSON.stringify({ ...policy, policy_id: name, rules: change(policy.rules) }));
  return path;
}

async function sign(policy: string, number: number, ...more: string[]): Promise<string> {
  const out = place(`bundle-${number}-${made++}.json`);
  const key = ['--key', place('organisation.key'), '--as', ORGANISATION, ...withPassphrase];
  const about = ['--number', String(number), '--out', out];
  await good('policy', 'bundle', 'sign', policy, ...key, ...about, ...more);
  return out;
}

async function write(name: string): Promise<string | undefined> {
  const given = { path: join(node.workspace, name), content: 'x' };
  return (await agent.call('write_file', given)).code;
}

function accept(path: string): Promise<Ran> {
  return node.ioi('policy', 'bundle', 'accept', path, '--json');
}

function refused({ code, stderr }: Ran, exit: number, said: RegExp): void {
  assert.equal(code, exit, stderr);
  assert.match(stderr, said);
}

const withoutWrites = (rules: Rules['rules']) =>
  rules.filter((each) => each.target !== 'fs::write');

test('an organisation is pinned by the owner, and shown', async () => {
  await good('domain', 'key', 'new', place('organisation.key'), ...withPassphrase);
  const path = await sign(policyFile('ceiling', withoutWrites), 1);
  refused(await accept(path), 2, /organisation\.none_pinned/);
  const pin = ['policy', 'organisation', 'pin', place('organisation.key'), '--as', ORGANISATION];
  const pinned = await good(...pin, ...withPassphrase);
  assert.match(pinned.stderr, /bundles of org:\/\/example bound this node from now on/);
  const shown = await good('policy', 'organisation', 'show');
  assert.match(shown.stdout, /^org:\/\/example\n.*\n {2}bundle {4}none yet/);
  assert.match((await good('status')).stdout, /bounded by org:\/\/example, no bundle yet/);
  refused(await node.ioi(...pin, ...withPassphrase, '--json'), 2, /organisation\.pinned/);
});

test('a bundle bounds the active policy from the next seal on, and why says so', async () => {
  assert.equal(await write('before.txt'), undefined);
  const path = await sign(place('ceiling.json'), 2);
  assert.match((await good('policy', 'bundle', 'accept', path)).stdout, /^accepted: version 2/);
  assert.equal(await write('after.txt'), 'policy.default_deny');
  assert.match((await good('status')).stdout, /bounded by .*, bundle version 2, .* of 30 d old/);
  const { entries } = await node.daemon.log({ limit: 10 });
  const last = entries.find(({ operation }) => operation === 'boundary/action.decide');
  assert.ok(last);
  const why = await good('why', last.seq);
  assert.match(why.stdout, /decided by the layer organisation/);
  assert.match(why.stdout, /write_new_files {2}ALLOW fs::write {2}\(local\)/);
  assert.match((await good('log')).stdout, /org:\/\/example version 2/);
  const again = await good('policy', 'effective', last.seq);
  assert.match(again.stdout, /organisation says BLOCK, policy\.default_deny/);
  assert.match(again.stdout, /local says ALLOW, policy\.allowed, rule write_new_files/);
});

test('effective tells the layers, their rules, and which decides a request', async () => {
  const all = await good('policy', 'effective');
  assert.match(all.stdout, /^local {9}workspace version 1\norganisation {2}org:\/\/example/);
  assert.match(all.stdout, /rules of local:[\s\S]*write_new_files[\s\S]*rules of organisation:/);
  const asked = ['--target', 'fs::write', '--param', `path=${node.workspace}/a`];
  const known = [...asked, '--fact', 'target_exists=false'];
  const { decision } = await answer<EffectivePolicy>('policy', 'effective', ...known);
  assert.deepEqual(
    [decision?.verdict, decision?.layer, decision?.local?.verdict, decision?.ceiling?.verdict],
    ['BLOCK', 'organisation', 'ALLOW', 'BLOCK'],
  );
  refused(await node.ioi('policy', 'effective', '--param', 'a=b'), 2, /--target/);
});

test('a policy outside the ceiling is refused with a witness; the old one stays', async () => {
  const wider = policyFile('wider', (rules) => [
    ...rules,
    { rule_id: 'all', target: 'fs::delete', conditions: {}, action: 'ALLOW' },
  ]);
  const ran = await node.ioi('policy', 'activate', wider, ...withPassphrase, '--json');
  refused(ran, 10, /policy\.outside_ceiling/);
  assert.match(ran.stderr, /the ceiling says BLOCK .*, this policy ALLOW/);
  const status = await answer<NodeStatus>('status');
  assert.equal(status.policy?.policy_id, 'workspace');
  const tight = policyFile('tight', (rules) =>
    withoutWrites(rules).filter(({ target }) => target !== 'fs::mkdir'),
  );
  await good('policy', 'activate', tight, ...withPassphrase);
});

test('bundles that are older, changed or of another key are refused by name', async () => {
  refused(await accept(await sign(place('ceiling.json'), 1)), 2, /bundle\.older/);
  refused(await accept(await sign(place('ceiling.json'), 2)), 2, /bundle\.version_reused/);
  const path = await sign(place('ceiling.json'), 3);
  const file = JSON.parse(readFileSync(path, 'utf8')) as { bundle: object; rules: Rules };
  const changed = (value: object): string => {
    const out = place(`changed-${made++}.json`);
    writeFileSync(out, JSON.stringify(value));
    return out;
  };
  const later = { ...file, bundle: { ...file.bundle, version: '9' } };
  refused(await accept(changed(later)), 3, /bundle\.bad_signature/);
  const open = { ...file, rules: { ...file.rules, rules: [] } };
  refused(await accept(changed(open)), 2, /bundle\.rules_invalid/);
  refused(await accept(changed({ bundle: file.bundle })), 2, /is no bundle/);
  await good('domain', 'key', 'new', place('other.key'), ...withPassphrase);
  const out = place('other.json');
  const own = ['--key', place('other.key'), '--number', '9', '--out', out, ...withPassphrase];
  await good('policy', 'bundle', 'sign', place('ceiling.json'), ...own, '--as', ORGANISATION);
  refused(await accept(out), 2, /bundle\.other_organisation/);
  assert.equal((await answer<NodeStatus>('status')).organisation?.bundle?.version, '2');
});

test('a stale bundle blocks, until a newer one comes', async () => {
  const short = ['--max-age', '1s', '--stale', 'block'];
  await good('policy', 'bundle', 'accept', await sign(place('ceiling.json'), 4, ...short));
  await until('it is too old', async () => /too old/.test((await good('status')).stdout));
  const call = await agent.call('list_directory', { path: node.workspace });
  assert.equal(call.code, 'policy.bundle_stale');
  assert.match((await good('status')).stdout, /too old: everything is blocked/);
  await good('policy', 'bundle', 'accept', await sign(place('ceiling.json'), 5));
  const again = await agent.call('list_directory', { path: node.workspace });
  assert.equal(again.code, undefined);
});

test('the log with its bundles verifies offline, and unpinning takes an approval', async () => {
  const unpinned = await good('policy', 'organisation', 'unpin', ...withPassphrase);
  assert.match(unpinned.stderr, /This counts as widening/);
  assert.match((await good('policy', 'organisation', 'show')).stdout, /^no organisation bounds/);
  await good('policy', 'activate', node.home.policy, ...withPassphrase);
  assert.equal(await write('free.txt'), undefined);
  const file = place('export.jsonl');
  await good('export', '--out', file);
  assert.equal((await node.ioi('verify', file)).code, 0);
});

const published = place('public');
const publication = join(published, 'ioi-organisation.json');
const publish = ['org', 'publish', place('org'), '--out', published, ...withPassphrase];
let fingerprint = '';

/** What is published, changed by whoever serves it. */
function serve(change: (value: OrganisationPublication) => object, from = publication): void {
  const value = JSON.parse(readFileSync(from, 'utf8')) as OrganisationPublication;
  writeFileSync(publication, JSON.stringify(change(value)));
}

test('an organisation publishes from a folder, and a node enrols by its fingerprint', async () => {
  const begun = await answer<{ key_id: string }>(
    ...['org', 'init', place('org'), '--as', ORGANISATION, ...withPassphrase],
  );
  fingerprint = begun.key_id;
  const about = { organisation_id: ORGANISATION, layers: ['policy.json'], max_age: '2d' };
  const settings = { retention: { content: { keep_days: 3 } } };
  const source = (more: object) =>
    writeFileSync(join(place('org'), 'organisation.json'), JSON.stringify({ ...about, ...more }));
  copyFileSync(place('ceiling.json'), join(place('org'), 'policy.json'));
  const contradicting = readFileSync(place('ceiling.json'), 'utf8').replace('"ALLOW"', '"BLOCK"');
  writeFileSync(join(place('org'), 'team.json'), contradicting);
  source({ layers: ['policy.json', 'team.json'] });
  refused(await node.ioi(...publish), 2, /rule \S+ of team\.json .* of policy\.json/);
  // What another layer blocks whole, and what an envelope keeps out: nothing is signed or written.
  const frozen = { rule_id: 'no_files', target: 'fs::*', conditions: {}, action: 'BLOCK' };
  const layer = { policy_id: 'team', defaults: 'deny_all', rules: [frozen] };
  writeFileSync(join(place('org'), 'team.json'), JSON.stringify(layer));
  refused(await node.ioi(...publish), 2, /never applies: it lies in rule no_files of team\.json/);
  const kept = { ...layer, rules: [], envelope: ['prim:net.request'] };
  writeFileSync(join(place('org'), 'team.json'), JSON.stringify(kept));
  refused(await node.ioi(...publish), 2, /the envelope of team\.json keeps out/);
  assert.ok(!existsSync(publication));
  const both = ['ALLOW', 'BLOCK'].map((action) => ({ ...frozen, rule_id: action, action }));
  const odd = place('odd.json');
  writeFileSync(odd, JSON.stringify({ ...layer, rules: both }));
  const signing = ['policy', 'bundle', 'sign', odd, '--number', '1', '--out', place('odd-1.json')];
  const by = ['--key', join(place('org'), 'organisation.key'), ...withPassphrase];
  refused(await node.ioi(...signing, ...by, '--json'), 2, /bundle\.contradictory.*odd\.json/);
  assert.ok(!existsSync(place('odd-1.json')));
  source(settings);
  assert.match((await good(...publish)).stdout, /publishes version 1[\s\S]*content 3 days/);
  const enroll = ['org', 'enroll', published, ...withPassphrase];
  const wrong = await node.ioi(...enroll, '--key', `sha256:${'0'.repeat(64)}`, '--json');
  refused(wrong, 3, /organisation\.wrong_key.*ioi org publish prints it/);
  const shown = await good(...enroll, '--key', fingerprint, '--dry-run');
  assert.match(shown.stdout, /goes further and is bounded: fs::write [\s\S]*nothing was changed/);
  assert.equal((await answer<OrganisationPage>('org', 'status')).organisation, undefined);
  const enrolled = await good(...enroll, '--key', fingerprint);
  assert.match(enrolled.stdout, /^enrolled: org:\/\/example, version 1/);
  assert.equal(await write('enrolled.txt'), 'policy.default_deny');
  const data = await node.ioi('data', 'retain', 'content', '--days', '5');
  refused(data, 2, /the organisation lets content be kept 3 days/);
  const status = await good('org', 'status');
  assert.match(status.stdout, /version 1[\s\S]*keeps {5}at most content 3 days[\s\S]*every 5 min/);
});

test('a node takes what is newer, and refuses by name what is older, changed or away', async () => {
  const first = place('first.json');
  copyFileSync(publication, first);
  assert.match((await good(...publish)).stdout, /change {4}lies inside version 1/);
  assert.match((await good('org', 'refresh')).stdout, /^accepted: version 2/);
  const second = place('second.json');
  copyFileSync(publication, second);
  const organisation = new OrganisationApi(findSockets(node.home));
  const refusal = async (): Promise<string> => {
    const fault = await organisation.refresh().then(
      () => undefined,
      (thrown: unknown) => thrown,
    );
    assert.ok(fault instanceof CommandFault);
    assert.ok(fault.about.next, fault.about.code);
    return fault.about.code;
  };
  copyFileSync(first, publication);
  assert.equal(await refusal(), 'bundle.older');
  serve((value) => ({ ...value, bundle: { ...value.bundle, version: '3' } }));
  assert.equal(await refusal(), 'bundle.bad_signature');
  serve((value) => ({ ...value, rules: { ...value.rules, rules: [] } }), second);
  assert.equal(await refusal(), 'bundle.rules_invalid');
  // Signed as version 2 with other bytes.
  rmSync(publication);
  await good(...publish, '--number', '2');
  assert.equal(await refusal(), 'bundle.version_reused');
  writeFileSync(publication, '{}');
  assert.equal(await refusal(), 'organisation.not_published');
  rmSync(publication);
  assert.equal(await refusal(), 'organisation.unreachable');
  const status = await good('org', 'status');
  assert.match(status.stdout, /version 2[\s\S]*failed {4}6 times, last organisation\.unreachable/);
  copyFileSync(second, publication);
  assert.match((await good('org', 'refresh')).stdout, /^nothing newer than version 2/);
  assert.equal((await answer<OrganisationPage>('org', 'status')).source?.failures, 0);
});

test('bundles come by HTTP and from a repository too, and by the clock of the node', async (t) => {
  const organisation = new OrganisationApi(findSockets(node.home));
  const text = readFileSync(publication);
  const server = createServer((request, response) => {
    response.writeHead(request.url === '/rules/ioi-organisation.json' ? 200 : 404).end(text);
  });
  t.after(() => {
    server.closeAllConnections();
    server.close();
  });
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  const { port } = server.address() as AddressInfo;
  const wanted = { source: `http://127.0.0.1:${port}/rules`, key_id: fingerprint };
  assert.equal((await organisation.follow(wanted)).source?.source, wanted.source);
  const repository = place('rules.git');
  mkdirSync(repository);
  copyFileSync(publication, join(repository, 'ioi-organisation.json'));
  const by = ['-c', 'user.name=a', '-c', 'user.email=a@example.org'];
  const git = (...args: string[]) => execFileSync('git', [...by, ...args], { cwd: repository });
  git('init', '--quiet');
  git('add', '.');
  git('commit', '--quiet', '-m', 'published');
  const cloned = { source: `git+file://${repository}`, key_id: fingerprint, every_ms: 2_000 };
  await organisation.follow(cloned);
  const signing = ['policy', 'bundle', 'sign', place('ceiling.json'), '--as', ORGANISATION];
  const by3 = ['--key', join(place('org'), 'organisation.key'), '--number', '3'];
  await good(...signing, ...by3, '--out', place('three.json'), ...withPassphrase);
  await good(...publish, '--bundle', place('three.json'));
  copyFileSync(publication, join(repository, 'ioi-organisation.json'));
  git('commit', '--quiet', '-a', '-m', 'newer');
  const isThere = async () => (await organisation.read()).organisation?.bundle?.version === '3';
  await until('the node looked by itself', isThere);
  await assert.rejects(organisation.follow({ ...cloned, source: 'ext::sh -c true' }), /address/);
});

test('leaving takes the approval of the owner, and ends the looking', async () => {
  const left = await good('org', 'leave', ...withPassphrase);
  assert.match(left.stderr, /This counts as widening/);
  assert.deepEqual(await answer<OrganisationPage>('org', 'status'), {});
  assert.equal(await write('left.txt'), undefined);
  refused(await node.ioi('org', 'refresh', '--json'), 2, /organisation\.none_followed/);
});
