import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { until } from '@ioi/basis/testing';
import { good, hold, type Owner, PASSPHRASE } from './owner.ts';
import type { Step } from './steps.ts';

export const HOME = '.local/share/ioi';
export const SETTINGS = '.gemini/settings.json';
const NOTES = 'project/notes.txt';
const PROGRAM = '.local/lib/ioi-first';
const SECRET = 'TOKEN=9f1c-that-nobody-reads';
/** What an agent's owner has in its settings; comments and all has to come back. */
export const THEIR_SETTINGS = '{\n  // mine\n  "theme": "Dracula",\n  "mcpServers": {}\n}\n';

/** From a machine with nothing on it to a node that an agent works through, by the guide. */
export const FIRST_STEPS: readonly Step<Owner>[] = [
  { name: 'install', needs: [], take: install },
  { name: 'demo', needs: ['install'], take: watchDemo },
  { name: 'init', needs: ['install'], take: init },
  { name: 'up', needs: ['init'], take: up },
  { name: 'policy', needs: ['up'], take: activate },
  { name: 'connect', needs: ['up'], take: connect },
  { name: 'allowed', needs: ['policy', 'connect'], take: allowed },
  { name: 'blocked', needs: ['policy', 'connect'], take: blocked },
  { name: 'approval', needs: ['policy', 'connect'], take: approval },
  { name: 'once', needs: ['approval'], take: once },
  { name: 'why', needs: ['blocked', 'approval'], take: why },
  { name: 'guide', needs: ['why'], take: restOfGuide },
];

/** Unpacks a release as its guide says, on a machine that sees neither network nor checkout. */
export async function unpack({ machine, releases }: Owner): Promise<string> {
  const lines = [
    `cd "$MEDIA/${dirname(releases.first)}" && sha256sum --quiet -c SHA256SUMS`,
    `mkdir -p ~/${PROGRAM} ~/.local/bin && tar -xzf "$MEDIA/${releases.first}" -C ~/${PROGRAM}`,
    `ln -s ~/${PROGRAM}/bin/ioi ~/.local/bin/ioi`,
  ];
  for (const line of lines) good(line, await machine.shell(line));
  const version = good('ioi --version', await machine.run('ioi', '--version')).trim();
  hold(releases.first.includes(`ioi-${version}-`), `${version} is not what was installed`);
  return version;
}

async function install(owner: Owner): Promise<string> {
  const version = await unpack(owner);
  const { machine } = owner;
  if (!machine.isWalled) return `${version}, an empty home; no walls can be made here`;
  const seen = await machine.shell(`cat /proc/self/net/dev; test -e '${import.meta.dirname}'`);
  const interfaces = seen.stdout.match(/^ *[a-z0-9]+:/gm) ?? [];
  hold(interfaces.join().trim() === 'lo:', `there are interfaces ${interfaces.join()}`);
  hold(seen.code === 1, 'the checkout is seen');
  return `${version}, from the archive alone, in walls: no network but its own, no checkout`;
}

async function watchDemo({ guide, machine }: Owner): Promise<string> {
  const line = guide.next(/^npm start$/);
  const { stdout } = await machine.run('ioi', 'demo', '--once', '--yes', '--plain');
  hold(/verified/i.test(stdout), `the demo does not verify: ${stdout.slice(-200)}`);
  return `\`${line}\` as \`ioi demo\`: it ends, and its log verifies`;
}

async function init({ machine, guide, notes }: Owner): Promise<string> {
  mkdirSync(machine.at('project'));
  writeFileSync(machine.at(NOTES), 'what was there\n');
  writeFileSync(machine.at('project/.env'), SECRET);
  const screen = await machine.typed(guide.next(/^ioi init --workspace ~\/project$/), [
    [/Choose a passphrase.*: $/, PASSPHRASE],
    [/The same again: $/, PASSPHRASE],
    [/Enter once it is on paper.*: $/, ''],
  ]);
  const shown = good('ioi init', screen);
  const words = [...shown.matchAll(/\b(\d+) ([a-z]{3,8})\b/g)]
    .sort(([, one], [, other]) => Number(one) - Number(other))
    .map(([, , word]) => word);
  hold(words.length === 24, `a phrase of ${words.length} words was shown`);
  notes.set('phrase', words.join(' '));
  const kept = ['guardian/owner.key', 'guardian/seal.key', 'node.json', 'policy.json'];
  const missing = kept.filter((name) => !existsSync(machine.at(HOME, name)));
  hold(missing.length === 0, `${missing.join(', ')} is not there`);
  const text = readFileSync(machine.at(HOME, 'guardian/owner.key'), 'utf8');
  hold(!words.some((word) => text.includes(` ${word} `)), 'the phrase lies in the key file');
  return 'typed at a terminal; 24 words on paper, keys and a policy to start from on disk';
}

async function up(owner: Owner): Promise<string> {
  await owner.line(owner.guide.next(/^ioi up --detach$/));
  const { node_id: id } = (await owner.told('status')) as { node_id: string };
  owner.notes.set('node', id);
  hold(owner.machine.processes.length >= 3, 'its processes are not there');
  return `${owner.machine.processes.length} processes of ${id}`;
}

async function activate(owner: Owner): Promise<string> {
  await owner.signed(owner.guide.next(/^ioi policy activate ~\/\S+policy\.json$/));
  const activated = (await owner.log()).eventsOf('policy.activated');
  hold(activated.length === 1, `the log has ${activated.length} policies`);
  return `${activated[0]?.['policy_hash']} is sealed in the log`;
}

export async function connect(owner: Owner): Promise<string> {
  const { machine } = owner;
  mkdirSync(machine.at('.gemini'), { recursive: true });
  writeFileSync(machine.at(SETTINGS), THEIR_SETTINGS);
  await owner.ioi('connect', 'gemini-cli');
  const lines = readFileSync(machine.at(SETTINGS), 'utf8').split('\n');
  hold(lines.includes('  // mine'), 'the comment of its owner is gone');
  await owner.startAgent(SETTINGS, 'ioi');
  return 'its settings name the node, and what they start speaks MCP';
}

async function allowed(owner: Owner): Promise<string> {
  const { machine, guide } = owner;
  const follows = machine.spawn(['sh', '-c', `exec ${guide.next(/^ioi log --follow$/)}`]);
  let shown = '';
  follows.stdout?.on('data', (rows: Buffer) => {
    shown += rows.toString('utf8');
  });
  const before = await owner.log();
  const path = `${machine.home}/project/new.txt`;
  const answer = await owner.call('write_file', { path, content: 'by the agent\n' });
  hold(answer.result?.['isError'] !== true, `it was refused: ${JSON.stringify(answer)}`);
  const file = readFileSync(machine.at('project/new.txt'), 'utf8');
  hold(file === 'by the agent\n', 'the file holds something else');
  const log = await owner.log();
  const request = log.committed.slice(before.committed.length);
  hold(request.length === 1, `${request.length} acts were sealed for it`);
  hold(log.executionsOf(request[0] ?? '') === 1, 'it has no execution receipt');
  await until('the log that is followed shows it', () => shown.includes('fs::write'));
  follows.kill('SIGINT');
  return 'the file is there, sealed before and receipted after, and shown as it happens';
}

async function blocked(owner: Owner): Promise<string> {
  const path = `${owner.machine.home}/project/.env`;
  const answer = await owner.call('read_text_file', { path });
  hold(!JSON.stringify(answer).includes('9f1c'), 'the agent read the secret');
  const meta = answer.result?.['_meta'] as Readonly<Record<string, unknown>> | undefined;
  hold(meta?.['ioi/code'] === 'policy.blocked', `it is told ${JSON.stringify(meta)}`);
  const receipt = String(meta?.['ioi/receipt']);
  owner.notes.set('blocked', receipt);
  const log = await owner.log();
  hold(!log.isCommitted(log.requestOf(receipt)), 'it was sealed for its effect');
  return 'the secret did not reach the agent; the log has a receipt and nothing to be done';
}

async function approval(owner: Owner): Promise<string> {
  const { machine, guide } = owner;
  const path = `${machine.home}/${NOTES}`;
  const call = owner.call('write_file', { path, content: 'approved\n' });
  const hash = await waitingHash(owner);
  const inbox = await owner.line(guide.next(/^ioi inbox$/));
  const short = hash.slice('sha256:'.length, 'sha256:'.length + 8);
  hold(inbox.includes(short), 'the inbox does not show it');
  hold(readFileSync(machine.at(NOTES), 'utf8') === 'what was there\n', 'it was done unasked');
  const line = guide.next(/^ioi approve [0-9a-f]{8}$/);
  await owner.signed(line.replace(/[0-9a-f]{8}$/, short));
  await call;
  hold(readFileSync(machine.at(NOTES), 'utf8') === 'approved\n', 'it was not done');
  owner.notes.set('approved', hash);
  return 'nothing before the passphrase, then exactly what was shown';
}

async function once(owner: Owner): Promise<string> {
  const { machine } = owner;
  const hash = owner.note('approved');
  writeFileSync(machine.at(NOTES), 'mine again\n');
  const again = await machine.typed(`ioi approve ${hash}`, []);
  hold(again.code === 2, `a second approval ended with ${again.code}`);
  const log = await owner.log();
  const consumed = log.eventsOf('approval.consumed').filter((e) => e['request_hash'] === hash);
  hold(consumed.length === 1, `the approval was used ${consumed.length} times`);
  hold(log.executionsOf(hash) === 1, `it was done ${log.executionsOf(hash)} times`);
  hold(readFileSync(machine.at(NOTES), 'utf8') === 'mine again\n', 'it was done again');
  return 'one approval used, one execution receipt, and the file of afterwards stays';
}

async function why(owner: Owner): Promise<string> {
  const request = (await owner.log()).requestOf(owner.note('blocked'));
  const digits = request.slice('sha256:'.length, 'sha256:'.length + 12);
  const line = owner.guide.next(/^ioi why [0-9a-f]{12}$/);
  const said = await owner.line(line.replace(/[0-9a-f]{12}$/, digits));
  hold(said.includes('never_touch_secrets'), 'it does not name the rule');
  return 'it names the rule, `never_touch_secrets`';
}

/** What is left of the guide, to its end; then the node is started again. */
async function restOfGuide(owner: Owner): Promise<string> {
  const { machine, guide } = owner;
  await owner.line(guide.next(/^mkdir -p /));
  for (const shell of ['bash', 'fish']) {
    const line = guide.next(new RegExp(`^ioi completion ${shell} > ~/`));
    await owner.line(line);
    const [, path = ''] = /> ~\/(\S+)$/.exec(line) ?? [];
    hold(readFileSync(machine.at(path), 'utf8').includes('ioi'), `${path} completes nothing`);
  }
  await owner.line(guide.next(/^ioi status$/));
  await owner.line(guide.next(/^ioi down$/));
  const agents = machine.processes.length;
  await until('its processes end', () => machine.processes.length === 0).catch(() => {
    throw new Error(`${agents} processes stay after \`ioi down\``);
  });
  hold(guide.left.length === 0, `the guide goes on: ${guide.left.join('; ')}`);
  await owner.ioi('up', '--detach');
  return 'every line of it was performed in order';
}

async function waitingHash(owner: Owner): Promise<string> {
  return until('something waits', async () => {
    const { pending } = (await owner.told('inbox')) as { pending: { request_hash: string }[] };
    return pending[0]?.request_hash;
  });
}
