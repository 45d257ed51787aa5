import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { copyFileSync, existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Ran } from '../../testing/run-ioi.ts';
import { IOI } from '../../testing/run-ioi.ts';
import { TestNode } from '../../testing/test-node.ts';

const node = new TestNode();
const passphrase = ['--passphrase-file', node.passphraseFile];
const place = (name: string): string => join(node.folder, name);
const keyOf = (member: number): string => place(`member-${member}.key`);
const group = place('group.json');

before(async () => {
  const made = [1, 2, 3].map((member) =>
    good(node.ioi('domain', 'key', 'new', keyOf(member), ...passphrase)),
  );
  await Promise.all(made);
  const keys = [1, 2, 3].map(keyOf);
  await good(threshold('create', ...keys, '--threshold', '2', '--out', group));
  for (const member of [1, 2, 3, 1, 2, 3, 1, 2, 3]) await good(round(group, member));
});

after(() => node.close());

function threshold(...args: string[]): Promise<Ran> {
  return node.ioi('wallet', 'threshold', ...args);
}

function round(path: string, member: number): Promise<Ran> {
  return threshold('round', path, '--key', keyOf(member), ...passphrase, '--json');
}

async function good(ran: Promise<Ran>): Promise<string> {
  const { code, stdout, stderr } = await ran;
  assert.equal(code, 0, stderr);
  return stdout;
}

test('two of three sign the rules of an organisation, and a node is bounded by them', async () => {
  assert.equal((await node.init()).code, 0);
  assert.equal((await node.ioi('up', '--detach')).code, 0);
  await good(
    node.ioi('policy', 'organisation', 'pin', group, '--as', 'org://board', ...passphrase),
  );
  const policy = JSON.parse(readFileSync(node.home.policy, 'utf8')) as object;
  writeFileSync(place('rules.json'), JSON.stringify({ ...policy, policy_id: 'ceiling' }));
  const signing = place('bundle.signing');
  const sign = ['policy', 'bundle', 'sign', place('rules.json'), '--key', group];
  await good(node.ioi(...sign, '--as', 'org://board', '--number', '1', '--out', signing));
  const early = await threshold('finish', signing, '--out', place('early.json'));
  assert.equal(early.code, 2);
  const shown = await round(signing, 1);
  assert.equal(shown.code, 0, shown.stderr);
  await good(round(signing, 3));
  assert.match(await good(round(signing, 2)), /is not needed/);
  await good(round(signing, 3));
  const last = JSON.parse(await good(round(signing, 1))) as { signed: boolean };
  assert.ok(last.signed);
  assert.match(await good(threshold('status', signing)), /signed: true/);
  await good(threshold('finish', signing, '--out', place('bundle.json')));
  const bundle = JSON.parse(readFileSync(place('bundle.json'), 'utf8'));
  const [member] = bundle.bundle.signature.ml_dsa_44;
  const half = { ...bundle.bundle.signature, ml_dsa_44: [member, { ...member, member: 1 }] };
  const forged = { ...bundle, bundle: { ...bundle.bundle, signature: half } };
  writeFileSync(place('forged.json'), JSON.stringify(forged));
  const refused = await node.ioi('policy', 'bundle', 'accept', place('forged.json'), '--json');
  assert.match(refused.stderr, /bundle\.bad_signature/);
  await good(node.ioi('policy', 'bundle', 'accept', place('bundle.json')));
  assert.match(await good(node.ioi('policy', 'organisation', 'show')), /org:\/\/board/);
});

test('who is killed in the middle of a round never gives two shares with one nonce', async () => {
  const document = place('document.json');
  writeFileSync(document, '{"pay":"1"}');
  const signing = place('killed.signing');
  await good(threshold('sign', group, document, '--out', signing));
  await good(round(signing, 1));
  await good(round(signing, 2));
  const told = new Set<string>();
  for (let kill = 0; kill < 6; kill += 1) {
    const copy = place(`killed-${kill}.signing`);
    copyFileSync(signing, copy);
    const args = ['wallet', 'threshold', 'round', copy, '--key', keyOf(1), ...passphrase];
    const child = spawn(process.execPath, [IOI, ...args], {
      env: { IOI_HOME: node.home.folder },
      stdio: 'ignore',
    });
    await Promise.race([once(child, 'exit'), sleep(300 + kill * 150)]);
    child.kill('SIGKILL');
    if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
    if (existsSync(copy)) keepShare(copy, told);
  }
  await good(round(signing, 1));
  keepShare(signing, told);
  assert.equal(told.size, 1, 'whatever was told, was told of one share');
  const file = JSON.parse(readFileSync(signing, 'utf8'));
  const { '2': _, ...others } = file.commitments;
  const fresh = place('fresh.signing');
  writeFileSync(fresh, JSON.stringify({ ...file, commitments: others, shares: {} }));
  await good(round(fresh, 3));
  const refused = await round(fresh, 1);
  assert.match(refused.stderr, /threshold\.nonce_used/);
});

function keepShare(path: string, told: Set<string>): void {
  const { shares } = JSON.parse(readFileSync(path, 'utf8'));
  if (shares['1'] !== undefined) told.add(JSON.stringify(shares['1'].body));
}
