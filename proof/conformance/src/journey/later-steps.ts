import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { until } from '@ioi/basis/testing';
import { connect, HOME, SETTINGS, THEIR_SETTINGS, unpack } from './first-steps.ts';
import { good, hold, type Owner, PASSPHRASE, verified } from './owner.ts';
import type { Step } from './steps.ts';
import { CLERK, LEDGER } from './worker-source.ts';

type Rule = { readonly rule_id: string; readonly [field: string]: unknown };
type Policy = { readonly rules: readonly Rule[] };
type Shown = { readonly envelope: { readonly run_id: string; readonly state: string } };

const INSTALL_WORKER = 'ioi worker install "$MEDIA/clerk.worker"';

/** What comes once there is a node: work, proof, loss, change, and the end of it. */
export const LATER_STEPS: readonly Step<Owner>[] = [
  { name: 'tool', needs: ['policy'], take: mountTool },
  { name: 'worker', needs: ['policy'], take: worker },
  { name: 'export', needs: ['policy'], take: exported },
  { name: 'verify', needs: ['export'], take: verifyElsewhere },
  { name: 'backup', needs: ['policy'], take: backup },
  { name: 'loss', needs: ['backup', 'init'], take: lose },
  { name: 'recovery', needs: ['loss'], take: recover },
  { name: 'tightening', needs: ['policy'], take: tighten },
  { name: 'widening', needs: ['tightening'], take: refuseWidening },
  { name: 'revocation', needs: ['tool', 'worker'], take: revoke },
  { name: 'upgrade', needs: ['up'], take: upgrade },
  { name: 'uninstall', needs: ['connect'], take: uninstall },
  { name: 'data', needs: ['uninstall'], take: readData },
];

/** A server of somebody else, whose one tool takes a scope. */
async function mountTool(owner: Owner): Promise<string> {
  const { machine } = owner;
  const at = `${machine.home}/${HOME}/node.json`;
  writeFileSync(machine.at('ledger.mjs'), LEDGER);
  const { servers } = readJson(owner, `${HOME}/node.json`) as { servers: { command: string }[] };
  const node = servers[0]?.command ?? '';
  const command = [node, `${machine.home}/ledger.mjs`, `${machine.home}/book.txt`];
  await owner.ioi('mcp', 'add', 'ledger', '--', ...command);
  const config = readJson(owner, `${HOME}/node.json`) as { servers: Drafted[] };
  const changed = config.servers.map((each) => (each.name === 'ledger' ? scoped(each) : each));
  writeFileSync(machine.at(HOME, 'node.json'), JSON.stringify({ ...config, servers: changed }));
  await owner.ioi('down');
  await owner.ioi('up', '--detach');
  const policy = readJson(owner, `${HOME}/policy.json`) as Policy;
  const rule = {
    rule_id: 'record',
    target: 'mcp::ledger::record',
    conditions: {},
    action: 'ALLOW',
  };
  write(owner, 'wider.json', { ...policy, rules: [...policy.rules, rule] });
  await owner.signed('ioi policy activate ~/wider.json');
  hold((await owner.log()).eventsOf('policy.activated').length === 2, 'it is not in force');
  return `mounted in ${at}, allowed by a rule that was approved, of use under a grant alone`;
}

type Drafted = { readonly name: string; readonly contracts?: readonly object[] };

function scoped(server: Drafted): Drafted {
  const scopes = { authority_scopes: ['scope:ledger.append'], risk_class: 'low' };
  return { ...server, contracts: (server.contracts ?? []).map((c) => ({ ...c, ...scopes })) };
}

async function worker(owner: Owner): Promise<string> {
  const { machine } = owner;
  await owner.ioi('worker', 'init', 'made/clerk', '--language', 'typescript');
  writeFileSync(machine.at('made/clerk/worker.ts'), CLERK);
  const manifest = readJson(owner, 'made/clerk/worker.json') as object;
  write(owner, 'made/clerk/worker.json', {
    ...manifest,
    capabilities_required: ['prim:fs.read', 'prim:fs.write'],
    scopes_requested: ['scope:ledger.append'],
  });
  const key = [/Choose a passphrase.*: $/, /The same again: $/].map(
    (asked) => [asked, PASSPHRASE] as const,
  );
  await owner.signed('ioi domain key new publisher.key', key);
  await owner.signed('ioi worker pack made/clerk --key publisher.key --out "$MEDIA/clerk.worker"');
  await owner.signed(INSTALL_WORKER);
  const started = ['worker', 'run', 'clerk', '--workspace', `${machine.home}/project`];
  const how = await confinement(owner);
  const input = ['--task', 'count', '--input', '{"path":"notes.txt"}'];
  const ran = (await owner.told(...started, ...input, ...how)) as Shown;
  hold(ran.envelope.state === 'completed', `the run is ${ran.envelope.state}`);
  const words = readFileSync(machine.at('project/notes.txt'), 'utf8').trim().split(/\s+/).length;
  const counted = readFileSync(machine.at('project/count.txt'), 'utf8');
  hold(counted === String(words), `it counted ${counted} of ${words} words`);
  const { workers, commitments } = verified(await owner.log());
  hold(workers.invocations === 1, `the log has ${workers.invocations} invocations`);
  hold(commitments >= 1, 'the log has no Commitment');
  const held = how.length === 0 ? 'in a sandbox' : 'without a sandbox, as none can be made here';
  return `packed, installed and run ${held}; what it wrote is right, and its run is bound`;
}

async function confinement({ machine }: Owner): Promise<readonly string[]> {
  const { code } = await machine.run('ioi', 'mcp', 'sandbox');
  return code === 0 ? [] : ['--unconfined'];
}

async function exported(owner: Owner): Promise<string> {
  const { machine, notes } = owner;
  await owner.ioi('export', '--out', `${machine.media}/log.ioi`, '--force');
  writeFileSync(machine.onMedia('checkpoint.txt'), await owner.ioi('checkpoint'));
  const summary = verified(await owner.log());
  notes.set('entries', String(summary.entries));
  return `${summary.entries} entries in one file, which a verifier of another process takes`;
}

/** On a machine with the program, the file, and no node. */
async function verifyElsewhere(owner: Owner): Promise<string> {
  const { machine } = owner;
  const folder = 'IOI_HOME=~/nothing ioi verify';
  const known = `--node ${owner.note('node')} --expect "$MEDIA/checkpoint.txt"`;
  mkdirSync(machine.at('empty'), { recursive: true });
  await owner.line(`cd ~/empty && ${folder} "$MEDIA/log.ioi" ${known}`);
  const text = readFileSync(machine.onMedia('log.ioi'), 'utf8');
  const at = text.lastIndexOf('"chain_time":"') + '"chain_time":"'.length;
  const digit = text[at] === '1' ? '2' : '1';
  writeFileSync(machine.onMedia('bad.ioi'), text.slice(0, at) + digit + text.slice(at + 1));
  const changed = await machine.shell(`cd ~/empty && ${folder} "$MEDIA/bad.ioi"`);
  hold(changed.code === 12, `with one digit changed it ended with ${changed.code}`);
  hold(!existsSync(machine.at('nothing')), 'it made a home');
  return 'verified with the node and checkpoint that were written down; one digit changed is found';
}

async function backup(owner: Owner): Promise<string> {
  const { machine } = owner;
  await owner.ioi('backup', '--to', `${machine.media}/node.backup`);
  writeFileSync(machine.onMedia('checkpoint.txt'), await owner.ioi('checkpoint'));
  const bytes = readFileSync(machine.onMedia('node.backup'));
  hold(!bytes.includes('never_touch_secrets'), 'its policy can be read in it');
  owner.notes.set('receipts', JSON.stringify([...(await owner.log()).receiptIds]));
  return `${bytes.length} bytes elsewhere, in which nothing is read`;
}

async function lose(owner: Owner): Promise<string> {
  const { machine } = owner;
  owner.agent?.close();
  owner.anotherMachine();
  hold(machine.processes.length === 0, 'something of it still runs');
  await unpack(owner);
  mkdirSync(owner.machine.at('project'));
  writeFileSync(owner.machine.at('ledger.mjs'), LEDGER);
  hold(!existsSync(owner.machine.at(HOME)), 'the other machine has a node');
  return 'killed and deleted; on another machine are the program and a server, and no node';
}

async function recover(owner: Owner): Promise<string> {
  const line = 'ioi restore "$MEDIA/node.backup" --remembered "$MEDIA/checkpoint.txt"';
  await owner.signed(line, [
    [/Recovery phrase, 24 words, or .*: $/, owner.note('phrase')],
    [/Choose a passphrase.*: $/, PASSPHRASE],
    [/The same again: $/, PASSPHRASE],
  ]);
  await owner.ioi('up', '--detach');
  const log = await owner.log();
  const summary = verified(log);
  hold(summary.node_id === owner.note('node'), `it is ${summary.node_id} now`);
  const { reason } = summary.epochs.at(-1) ?? {};
  hold(reason === 'restore', `the log says ${reason}`);
  const lost = (JSON.parse(owner.note('receipts')) as string[]).filter((id) => {
    return !log.receiptIds.has(id);
  });
  hold(lost.length === 0, `${lost.length} receipts are lost`);
  await connect(owner);
  // Packages of workers are no part of a backup: the node wants the same bytes again.
  if (summary.workers.installed > 0) await owner.line(INSTALL_WORKER);
  return 'from file and paper: the same node, every receipt, a new epoch that says restore';
}

async function tighten(owner: Owner): Promise<string> {
  const { rules: policy } = (await owner.told('policy', 'show')) as { rules: Policy };
  const never = { rule_id: 'never', target: 'fs::mkdir', conditions: {}, action: 'BLOCK' };
  write(owner, 'tighter.json', { ...policy, rules: [...policy.rules, never] });
  const path = `${owner.machine.home}/project/folder`;
  await owner.signed('ioi policy activate ~/tighter.json');
  const activated = (await owner.log()).eventsOf('policy.activated').at(-1);
  hold(activated?.['widening'] === 'narrower', `the log says ${activated?.['widening']}`);
  await owner.call('create_directory', { path });
  hold(!existsSync(owner.machine.at('project/folder')), 'a folder was made all the same');
  owner.notes.set('policy', String(activated?.['policy_hash']));
  return 'the log says that it is narrower, and what was allowed before is not done';
}

async function refuseWidening(owner: Owner): Promise<string> {
  const { machine } = owner;
  const policy = readJson(owner, 'tighter.json') as Policy;
  const rules = policy.rules.filter(({ rule_id }) => rule_id !== 'never_touch_secrets');
  write(owner, 'widest.json', { ...policy, rules });
  const ran = await machine.typed('ioi policy activate ~/widest.json', [
    [/Passphrase: $/, 'not the passphrase'],
  ]);
  hold(ran.code === 3, `it ended with ${ran.code}`);
  const silent = await machine.run('ioi', '--no-input', 'policy', 'activate', 'widest.json');
  hold(silent.code !== 0, 'it went through without a person');
  const last = (await owner.log()).eventsOf('policy.activated').at(-1);
  hold(last?.['policy_hash'] === owner.note('policy'), 'another policy is in force');
  return 'neither with a wrong passphrase nor unasked; the log has the one before in force';
}

async function revoke(owner: Owner): Promise<string> {
  const { machine } = owner;
  const book = ['worker', 'run', 'clerk', '--task', 'book', '--detach'];
  const where = ['--workspace', `${machine.home}/project`, ...(await confinement(owner))];
  const { envelope } = (await owner.told(...book, ...where)) as Shown;
  const lines = (): number => {
    const path = machine.at('book.txt');
    return existsSync(path) ? readFileSync(path, 'utf8').split('\n').length - 1 : 0;
  };
  const asked = await authorityAsked(owner);
  hold(lines() === 0, 'it wrote before anybody granted it');
  const bounds = "--lease --resource 'tool://ledger/**' --calls 100000 --for 8h";
  await owner.signed(`ioi wallet grant ${asked} ${bounds}`);
  await until('it keeps its book', () => lines() >= 10);
  const { grants } = (await owner.told('wallet', 'leases')) as {
    grants: { grant: { authority_grant_id: string } }[];
  };
  const id = grants[0]?.grant.authority_grant_id ?? '';
  await owner.signed(`ioi wallet revoke ${id}`);
  const again = await authorityAsked(owner);
  const written = lines();
  const log = await owner.log();
  hold(log.committedAfter('wallet/grant.revoke') === 0, 'acts were sealed after the revocation');
  await owner.signed(`ioi wallet deny-request ${again} --reason enough`);
  const state = await until('the run ends', async () => {
    const shown = (await owner.told('worker', 'show', envelope.run_id)) as Shown;
    return ['failed', 'completed', 'cancelled'].includes(shown.envelope.state)
      ? shown.envelope.state
      : undefined;
  });
  hold(state === 'failed', `the run is ${state}`);
  hold(lines() === written, `it wrote ${lines() - written} lines more`);
  verified(await owner.log());
  return `after ${written} lines: none was sealed or written from then on, and the run failed`;
}

function authorityAsked(owner: Owner): Promise<string> {
  return until('authority is asked for', async () => {
    const { requests } = (await owner.told('wallet', 'requests')) as {
      requests: { authority_request_id: string }[];
    };
    return requests[0]?.authority_request_id;
  });
}

async function upgrade(owner: Owner): Promise<string> {
  const { machine, releases } = owner;
  const before = await owner.log();
  const archive = `"$MEDIA/${releases.next}"`;
  const unsigned = await machine.shell(`ioi upgrade ${archive}`);
  hold(unsigned.code === 12, `without a key it ended with ${unsigned.code}`);
  const key = `--key "$MEDIA/${dirname(releases.next)}/release-key.json"`;
  await owner.line(`ioi upgrade ${archive} ${key}`);
  const running = machine.processes.map((pid) => readFileSync(`/proc/${pid}/cmdline`, 'utf8'));
  const [, version = ''] = /ioi-(\d+\.\d+\.\d+)-/.exec(releases.next) ?? [];
  const names = running.filter((line) => line.includes(`versions/${version}-`));
  hold(names.length >= 3, `${names.length} processes run the new version`);
  const log = await owner.log();
  const lost = [...before.receiptIds].filter((id) => !log.receiptIds.has(id));
  hold(lost.length === 0, `${lost.length} receipts are lost`);
  hold(verified(log).node_id === owner.note('node'), 'it is another node');
  return `${version} runs the node, its log goes on; unsigned it was refused`;
}

async function uninstall(owner: Owner): Promise<string> {
  const { machine } = owner;
  owner.agent?.close();
  await owner.ioi('uninstall', '--export', `${machine.media}/last.ioi`);
  const settings = readFileSync(machine.at(SETTINGS), 'utf8');
  hold(settings === THEIR_SETTINGS, 'the settings of the agent are not as they were');
  await until('its processes end', () => machine.processes.length === 0);
  return "the agent's settings are as they were, to the byte, and nothing runs";
}

async function readData(owner: Owner): Promise<string> {
  const { machine } = owner;
  await owner.line('ioi verify "$MEDIA/last.ioi"');
  await owner.ioi('up', '--detach');
  const log = await owner.log();
  await owner.ioi('down');
  const { entries, node_id } = verified(log);
  hold(node_id === owner.note('node'), 'it is another node');
  good('rm', await machine.shell('rm -r ~/.local/lib ~/.local/bin'));
  hold(existsSync(machine.at(HOME, 'guardian/owner.key')), 'the key went with the program');
  hold(existsSync(machine.at(HOME, 'data')), 'the log went with the program');
  return `${entries} entries are read again from what was left, and stay without the program`;
}

function readJson({ machine }: Owner, path: string): unknown {
  return JSON.parse(readFileSync(machine.at(path), 'utf8'));
}

function write({ machine }: Owner, path: string, value: object): void {
  writeFileSync(machine.at(path), `${JSON.stringify(value, null, 2)}\n`);
}
