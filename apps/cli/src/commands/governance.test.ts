import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { digestBytes } from '@ioi/canon';
import { openKeyFile, signHybrid } from '@ioi/crypto/shell';
import {
  draftSwap,
  governanceKeys,
  keys,
  type ModuleHead,
  type NodeHead,
  type PolicySimulation,
} from '@ioi/law';
import type { ServiceModuleManifestEnvelope } from '@ioi/protocol';
import { type Agent, connectAgent } from '../demo/agent.ts';
import { GovernanceApi } from '../shell/governance-api.ts';
import { findSockets } from '../shell/home.ts';
import { type Ran, runIoi } from '../testing/run-ioi.ts';
import { PASSPHRASE, TestNode } from '../testing/test-node.ts';

const node = new TestNode();
const withPassphrase = ['--passphrase-file', node.passphraseFile];
let agent: Agent;
let chain = '';

before(async () => {
  assert.equal((await node.init()).code, 0);
  const up = await node.ioi('up', '--detach');
  assert.equal(up.code, 0, up.stderr);
  assert.equal((await node.activate()).code, 0);
  agent = await connectAgent(node.home);
  await agent.call('create_directory', { path: join(node.workspace, 'made') });
  await agent.call('list_directory', { path: node.workspace });
  await agent.call('read_text_file', { path: join(node.workspace, '.env') });
});

after(async () => {
  await agent.close();
  await node.close();
});

function api(): GovernanceApi {
  return new GovernanceApi(findSockets(node.home));
}

function fileOf(name: string, value: unknown): string {
  const path = join(node.folder, name);
  writeFileSync(path, JSON.stringify(value));
  return path;
}

function manifest(version: string, capabilities: string[]): ServiceModuleManifestEnvelope {
  return {
    module_id: `module://local/summarise/${version}`,
    manifest_type: 'service_module',
    required_capabilities: capabilities,
    deployment_profile: {
      model_name: 'none',
      mount_mode: 'local_server',
      vram_required_bytes: '0',
    },
  };
}

function manifestFile(version: string, ...capabilities: string[]): string {
  return fileOf(`summarise-${version}.json`, manifest(version, capabilities));
}

/** Runs it as the owner, to its good end; what it says to a program. */
async function owner(...args: string[]): Promise<Record<string, unknown>> {
  const ran = await node.ioi(...args, ...withPassphrase, '--json');
  assert.equal(ran.code, 0, `${args.join(' ')}: ${ran.stderr}`);
  return JSON.parse(ran.stdout);
}

async function anyone(...args: string[]): Promise<Record<string, unknown>> {
  const ran = await node.ioi(...args, '--json');
  assert.equal(ran.code, 0, `${args.join(' ')}: ${ran.stderr}`);
  return JSON.parse(ran.stdout);
}

function createChain(name: string): Promise<Record<string, unknown>> {
  return owner('chain', 'create', fileOf(`${name}.json`, { name }));
}

function expectFault({ code, stderr }: Ran, exit: number, said: RegExp): void {
  assert.equal(code, exit, stderr);
  assert.match(stderr, said);
  assert.match(stderr, /\n {2}next: /);
}

test('a chain is created by its owner, shown before it is signed, and moves on', async () => {
  const file = fileOf('alpha.json', { name: 'alpha' });
  const created = await node.ioi('chain', 'create', file, ...withPassphrase);
  assert.equal(created.code, 0, created.stderr);
  assert.match(
    created.stderr,
    /^to sign: chain\.create\n {2}a new chain with the manifest artifact:/,
  );
  chain = /created: chain (sha256:[0-9a-f]{64})/.exec(created.stdout)?.[1] ?? '';
  const short = chain.slice(7, 19);
  const advanced = await node.ioi('chain', 'advance', short, file, ...withPassphrase);
  assert.match(advanced.stdout, /^advanced: chain [0-9a-f]{12}, transition 1$/m);
  const state = digestBytes(readFileSync(file));
  assert.ok(advanced.stderr.includes(`+ state ${state}`), advanced.stderr);
  const shown = await node.ioi('chain', 'show', short);
  assert.match(shown.stdout, new RegExp(`^state_root +${state}$`, 'm'));
  assert.match((await node.ioi('chain', 'list')).stdout, new RegExp(`^${short} +1 `, 'm'));
});

test('a module is registered, and swapped for less by a signature alone', async () => {
  const first = manifestFile('1', 'prim:fs.read', 'prim:fs.write');
  await owner('module', 'register', first, '--chain', chain);
  const narrower = manifestFile('2', 'prim:fs.read');
  const why = ['--because', 'it never writes'];
  const swapping = ['module', 'swap', 'local/summarise', narrower, ...why];
  const swapped = await node.ioi(...swapping, ...withPassphrase);
  assert.equal(swapped.code, 0, swapped.stderr);
  assert.match(swapped.stdout, /^swapped: module:\/\/local\/summarise\/2, narrower, entry /);
  assert.match(swapped.stderr, /^ {2}- prim:fs\.write$/m);
  assert.match(swapped.stderr, /^It narrows/m);
  assert.match(swapped.stderr, /because of it never writes/);
  const listed = await node.ioi('module', 'list', '--plain');
  assert.match(listed.stdout, /summarise\/1\treplaced/);
  assert.match(listed.stdout, /summarise\/2\tregistered/);
  const { versions } = await anyone('module', 'show', 'local/summarise');
  assert.equal((versions as unknown[]).length, 2);
});

test('nothing widens without a token, whoever signed it', async () => {
  const wider = manifest('3', ['prim:fs.read', 'prim:sys.exec']);
  const before = await api().head<ModuleHead>(governanceKeys.module(wider.module_id));
  const genesis = await api().head<NodeHead>(keys.node);
  assert.ok(before && genesis);
  const justification = { execution_trace_refs: [], failure_modes: [], fitness_signals: [] };
  const old_manifest_hash = before.manifest_hash;
  const swap = { sequence: '2', old_manifest_hash, manifest: wider, justification };
  const keyFile = readFileSync(join(node.home.guardian, 'owner.key'), 'utf8');
  const key = await openKeyFile(keyFile, PASSPHRASE);
  assert.ok(key.ok);
  const { message } = draftSwap(swap, { node: genesis, nonce: 1n });
  const signature = signHybrid(key.value, 'SIG_DOMAIN_MANIFEST', message);
  await assert.rejects(api().operate('module.swap', { swap, signature }), (fault: Error) => {
    return /it may widen authority: it needs a token/.test(fault.message);
  });
  const now = await api().head<ModuleHead>(governanceKeys.module(wider.module_id));
  assert.deepEqual(now, before);
});

test('a wider module is proposed, simulated, decided with a token, committed, undone', async () => {
  const file = manifestFile('3', 'prim:fs.read', 'prim:sys.exec');
  const proposing = ['upgrade', 'propose', chain, '--module', file, '--because', 'it must run'];
  const { proposal_id: id } = await anyone(...proposing);
  const proposal = String(id);
  const early = await node.ioi('upgrade', 'decide', proposal, 'approve', ...withPassphrase);
  expectFault(early, 2, /expected a proposal that is up for approve/);
  expectFault(await node.ioi('upgrade', 'simulate', proposal), 2, /what the evaluation gave/);
  const results = fileOf('results.json', { passed: 12 });
  const simulated = await anyone('upgrade', 'simulate', proposal, '--results', results);
  assert.equal(simulated['result_hash'], digestBytes(readFileSync(results)));
  const deciding = ['upgrade', 'decide', proposal.slice(7, 20), 'approve'];
  const decided = await node.ioi(...deciding, ...withPassphrase);
  assert.equal(decided.code, 0, decided.stderr);
  assert.match(decided.stderr, /counts as widening/);
  assert.match(decided.stderr, /^ {2}\+ prim:sys\.exec$/m);
  assert.equal((await node.ioi('upgrade', 'commit', proposal)).code, 0);
  const { rows } = await api().decisions(proposal);
  assert.deepEqual(
    [rows[0]?.['verdict'], rows[0]?.['reason_code']],
    ['Approved', 'STEP_UP_APPROVED'],
  );
  assert.match(String(rows[0]?.['token_hash']), /^sha256:/);
  const module = governanceKeys.module('module://local/summarise/3');
  const stands = async () => (await api().head<ModuleHead>(module))?.manifest.module_id;
  assert.equal(await stands(), 'module://local/summarise/3');
  await owner('upgrade', 'roll-back', proposal);
  assert.equal(await stands(), 'module://local/summarise/2');
  const shown = await node.ioi('upgrade', 'show', proposal);
  assert.match(shown.stdout, /^status +rolled_back$/m);
  assert.match(shown.stdout, /^decided {2}RolledBack MONOTONIC_PASS receipt_/m);
});

test('a policy is run over what happened, and says what would be otherwise', async () => {
  const rules = JSON.parse(readFileSync(node.home.policy, 'utf8'));
  const enveloped = { ...rules, envelope: ['prim:fs.read', 'prim:fs.write'] };
  const same = await anyone('policy', 'replay', fileOf('enveloped.json', enveloped));
  assert.deepEqual([same['actions'], same['changed']], [3, []]);
  const reading = { ...rules, envelope: ['prim:fs.read'] };
  const told = await node.ioi('policy', 'replay', fileOf('reading.json', reading));
  assert.match(
    told.stdout,
    /^3 recorded actions run again, changed verdicts: 1\n {2}1 ALLOW to BLOCK\n.* fs::mkdir /,
  );
  expectFault(await node.ioi('policy', 'replay', join(node.folder, 'nowhere')), 2, /nowhere/);
});

test('a policy is simulated on what was recorded, and fails where too much changes', async () => {
  const rules = JSON.parse(readFileSync(node.home.policy, 'utf8'));
  rules.rules = rules.rules.filter(
    (each: { rule_id: string }) => each.rule_id !== 'create_folders',
  );
  const policy = fileOf('narrower.json', rules);
  const propose = async () => {
    const args = ['upgrade', 'propose', chain, '--policy', policy, '--because', 'no folders'];
    return String((await anyone(...args))['proposal_id']);
  };
  const failing = await propose();
  const failed = await anyone('upgrade', 'simulate', failing, '--max-changed', '0');
  assert.equal(failed['passed'], false);
  const refused = await node.ioi('upgrade', 'decide', failing, 'approve', ...withPassphrase);
  expectFault(refused, 2, /this one is failed/);
  await owner('upgrade', 'decide', failing, 'reject');
  const proposal = await propose();
  const out = join(node.folder, 'report.json');
  const simulated = await node.ioi('upgrade', 'simulate', proposal, '--out', out);
  assert.match(
    simulated.stderr,
    /^3 recorded actions run again, changed verdicts: 1\n {2}1 ALLOW to BLOCK/,
  );
  const report: PolicySimulation = JSON.parse(readFileSync(out, 'utf8'));
  assert.deepEqual([report.actions, report.changed[0]?.target], [3, 'fs::mkdir']);
  assert.ok(simulated.stdout.includes(digestBytes(readFileSync(out))));
  await owner('upgrade', 'decide', proposal, 'approve');
  await anyone('upgrade', 'commit', proposal);
  const listed = await node.ioi('upgrade', 'list', '--plain');
  assert.match(
    listed.stdout,
    new RegExp(`^${proposal}\tcommitted\ttrue\tundecided\tpolicy\t`, 'm'),
  );
});

test('two chains settle with a receipt, and all of it verifies elsewhere', async () => {
  const { chain_id: beta } = await createChain('beta');
  const report = fileOf('report.txt', 'a report');
  const settling = ['settlement', 'record', chain, String(beta)];
  const what = ['--content', report, '--pay', '2.5 labor_gas'];
  const settled = await node.ioi(...settling, ...what, ...withPassphrase);
  assert.equal(settled.code, 0, settled.stderr);
  assert.ok(settled.stderr.includes(`${beta} pays ${chain} 2.5 labor_gas`), settled.stderr);
  const listed = await node.ioi('settlement', 'list');
  assert.match(listed.stdout, /^[0-9a-f]{12} +2\.5 +labor_gas +sha256:/m);
  const empty = await node.ioi(...settling, ...withPassphrase);
  expectFault(empty, 2, /nothing moved/);
  const file = join(node.folder, 'log.ioi');
  assert.equal((await node.ioi('export', '--out', file)).code, 0);
  const exported = readFileSync(file, 'utf8');
  assert.match(exported, /"receipt_type":"settlement"/);
  const { node_id: nodeId } = await node.daemon.status();
  const elsewhere = { env: { IOI_HOME: join(node.folder, 'nothing') } };
  const verified = await runIoi(['verify', file, '--node', nodeId], elsewhere);
  assert.equal(verified.code, 0, verified.stdout);
});

test('what cannot be signed is said with a way on, and signs nothing', async () => {
  const { size: before } = await node.daemon.log({ limit: 1 });
  const module = manifestFile('4', 'prim:fs.read');
  const swap = ['module', 'swap', 'local/summarise', module];
  expectFault(await node.ioi(...swap, ...withPassphrase), 2, /say why/);
  expectFault(await node.ioi(...swap, '--because', 'x'), 2, /no terminal to ask at/);
  expectFault(await node.ioi(...swap, '--because', 'x', '--yes'), 3, /not a demo node/);
  const other = ['module', 'swap', 'local/other', module, '--because', 'x'];
  expectFault(await node.ioi(...other), 2, /not of module:\/\/local\/other/);
  const again = await node.ioi('module', 'register', module, ...withPassphrase);
  expectFault(again, 2, /is registered: swap it\n {2}next: ioi module swap/);
  expectFault(await node.ioi('chain', 'show', 'ffffffff'), 2, /fits none/);
  expectFault(await node.ioi('module', 'register', node.passphraseFile), 2, /not JSON/);
  expectFault(await node.ioi('upgrade', 'propose', chain, '--because', 'x'), 2, /say what/);
  const wrong = fileOf('wrong', 'not it');
  const guessed = await node.ioi(...swap, '--because', 'x', '--passphrase-file', wrong);
  assert.equal(guessed.code, 3, guessed.stderr);
  assert.equal((await node.daemon.log({ limit: 1 })).size, before);
});

test('the commands complete', async () => {
  const { stdout } = await node.ioi('completion', 'bash');
  assert.ok(stdout.includes('"upgrade simulate "*) words="--actions --max-changed --policy'));
  assert.ok(stdout.includes('"module "*) words="register swap list show" ;;'));
});
