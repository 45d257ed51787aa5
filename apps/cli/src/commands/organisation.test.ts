import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { until } from '@ioi/basis/testing';
import type { EffectivePolicy, NodeStatus } from '@ioi/protocol';
import { type Agent, connectAgent } from '../demo/agent.ts';
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
