import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { text } from 'node:stream/consumers';
import { encodeUtf8 } from '@ioi/basis';
import { until } from '@ioi/basis/testing';
import { McpPeer } from '@ioi/kit';
import { verify } from '@ioi/verifier';
import { accounts } from './accounts.ts';
import { NEXT, type Packages } from './packages.ts';
import { ADA, type DebianRoot, IN_CONTAINER } from './root.ts';

const HOME = `home/${ADA.name}`;
const NODE = `${HOME}/.local/share/ioi`;
const PASSPHRASE = ['--passphrase-file', 'passphrase'];

type Life = {
  readonly root: DebianRoot;
  readonly packages: Packages;
  /** Entries of the log when it was judged last: it never has fewer. */
  readonly seen: { entries: number; node: string };
};

type Step = readonly [name: string, take: (life: Life) => Promise<unknown> | unknown];

/** What happens to a node on a Debian, in order; each judged by files, processes and the log. */
export const STEPS: readonly Step[] = [
  ['install', install],
  ['init', init],
  ['act', act],
  ['upgrade', upgrade],
  ['rollback', rollback],
  ['restore', restore],
  ['upgrade by dpkg', upgradeByDpkg],
  ['container', contained],
  ['accounts', ({ root }) => accounts(root)],
  ['uninstall', uninstall],
  ['purge', purge],
  ['one file', oneFile],
];

/** With what it depends on and no more, as apt finds that out. */
async function install({ root, packages }: Life): Promise<void> {
  root.must('apt-get', 'update', '-q');
  const before = installed(root);
  const words = ['install', '-qy', '--no-install-recommends', `/media/${packages.first}`];
  root.must('apt-get', ...words);
  const came = [...installed(root)].filter((name) => !before.has(name));
  hold(came.includes('ioi') && came.length <= 4, `with it came ${came.join(', ')}`);
  await root.cutOff();
  const said = root.asAda('ioi', '--version').stdout.trim();
  hold(said === packages.version, `it says that it is ${said}`);
  const own = root.asAda('cat', '/proc/net/dev').stdout.match(/^ *\w+:/gm) ?? [];
  hold(own.join().trim() === 'lo:', `it has the network ${own.join()}`);
}

async function init(life: Life): Promise<void> {
  const { root } = life;
  good(root.asAda('mkdir', 'project'));
  writeFileSync(root.at(HOME, 'passphrase'), 'correct horse battery\n', { mode: 0o644 });
  const making = ['init', '--workspace', `/${HOME}/project`, '--phrase-out', 'phrase'];
  ioi(root, ...making, ...PASSPHRASE);
  ioi(root, 'up', '--detach');
  ioi(root, 'policy', 'activate', `/${NODE}/policy.json`, ...PASSPHRASE);
  judged(life);
}

async function act(life: Life): Promise<void> {
  const { root } = life;
  await wrote(life, 'one.txt');
  const secret = root.at(HOME, 'project/.env');
  writeFileSync(secret, 'TOKEN=1\n');
  const refused = await asked(life, 'read_text_file', { path: `/${HOME}/project/.env` });
  hold(refused !== undefined, 'a secret was read');
  judged(life);
}

async function upgrade(life: Life): Promise<void> {
  const { root, packages } = life;
  const unsigned = root.asAda('ioi', 'upgrade', `/media/${packages.archive}`);
  hold(unsigned.code === 12, `without a key it ended with ${unsigned.code}`);
  const key = ['--key', '/media/release-key.json', ...PASSPHRASE];
  ioi(root, 'upgrade', `/media/${packages.archive}`, ...key);
  hold(allIn(programs(root), `/versions/${NEXT}-`), 'another runs it');
  await wrote(life, 'two.txt');
  judged(life);
}

async function rollback(life: Life): Promise<void> {
  const { root } = life;
  ioi(root, 'upgrade', '--rollback');
  hold(allIn(programs(root), '/usr/lib/ioi/'), 'another runs it');
  await wrote(life, 'three.txt');
  judged(life);
}

async function restore(life: Life): Promise<void> {
  const { root } = life;
  ioi(root, 'backup', '--to', `/${HOME}/node.backup`, ...PASSPHRASE);
  writeFileSync(root.at(HOME, 'checkpoint'), ioi(root, 'checkpoint'), { mode: 0o644 });
  ioi(root, 'down');
  rmSync(root.at(NODE), { recursive: true });
  const from = ['--phrase-file', 'phrase', '--remembered', 'checkpoint'];
  ioi(root, 'restore', 'node.backup', ...from, ...PASSPHRASE);
  ioi(root, 'up', '--detach');
  await wrote(life, 'four.txt');
  judged(life);
}

/** The package gives way to the next one under a node that runs, which starts from that next. */
async function upgradeByDpkg(life: Life): Promise<void> {
  const { root, packages } = life;
  root.must('dpkg', '--install', `/media/${packages.second}`);
  hold(root.asAda('/usr/bin/ioi', '--version').stdout.trim() === NEXT, 'it is another version');
  ioi(root, 'down');
  ioi(root, 'up', '--detach');
  await wrote(life, 'five.txt');
  judged(life);
  ioi(root, 'down');
  root.must('dpkg', '--install', `/media/${packages.first}`);
  ioi(root, 'up', '--detach');
  judged(life);
}

/** The same installation, read-only, by another account, with one volume: it says it is well. */
async function contained({ root }: Life): Promise<void> {
  const data = `${root.folder}-data`;
  mkdirSync(data, { mode: 0o777 });
  // As the recipe makes it.
  mkdirSync(root.at('data'), { recursive: true });
  try {
    const script = [
      ...['set -e', '(echo x > /etc/x) 2>/dev/null && exit 91', `test $(id -u) = ${IN_CONTAINER}`],
      'ioi init --workspace /data/project --phrase-out /data/phrase --passphrase-file /data/pass',
      'ioi up & node=$!',
      'for each in $(seq 300); do ioi status >/dev/null 2>&1 && break; sleep 0.2; done',
      'ioi status --json',
      'ioi export --out /data/log.ioi',
      'kill $node; wait $node || true',
    ];
    writeFileSync(`${data}/pass`, 'correct horse battery\n');
    mkdirSync(`${data}/project`, { mode: 0o777 });
    const owned = spawnSync('chown', ['-R', `${IN_CONTAINER}:${IN_CONTAINER}`, data]);
    hold(owned.status === 0, 'its volume has no owner');
    const child = root.spawnContained(data, 'sh', '-c', script.join('\n'));
    child.stdin?.end();
    const said = Promise.all([child.stdout, child.stderr].map((each) => (each ? text(each) : '')));
    const code = new Promise((done) => child.once('close', done));
    const [stdout = '', stderr = ''] = await said;
    hold((await code) === 0, `in a container it ended with ${await code}: ${stderr.slice(-400)}`);
    hold(stdout.includes('node_id'), `it says ${stdout}`);
    const report = verify([encodeUtf8(readFileSync(`${data}/log.ioi`, 'utf8'))]);
    hold(report.ok, 'its log does not verify');
  } finally {
    rmSync(data, { recursive: true, force: true });
  }
}

async function uninstall(life: Life): Promise<void> {
  const { root, seen } = life;
  ioi(root, 'uninstall', '--export', `/${HOME}/last.ioi`);
  await until('its processes end', () => programs(root).length === 0);
  hold(existsSync(root.at(NODE, 'guardian/owner.key')), 'the key went with the service');
  const report = verify([encodeUtf8(readFileSync(root.at(HOME, 'last.ioi'), 'utf8'))]);
  hold(report.ok && report.summary.entries >= seen.entries, 'the last log does not verify');
  ioi(root, 'uninstall', '--delete-data', '--yes');
  hold(
    !existsSync(root.at(NODE)),
    `left: ${existsSync(root.at(NODE)) && readdirSync(root.at(NODE))}`,
  );
  good(root.asAda('ls', 'project/one.txt'));
}

function purge({ root }: Life): void {
  root.must('dpkg', '--purge', 'ioi');
  for (const path of ['usr/lib/ioi', 'usr/bin/ioi'])
    hold(!existsSync(root.at(path)), `${path} stays`);
}

/** Where there is no program of ours and no Node any more, one file makes a node and runs it. */
async function oneFile(life: Life): Promise<void> {
  const { root, packages, seen } = life;
  const single = `/media/${packages.single}`;
  const before = root.asAda('sh', '-c', 'command -v node ioi').stdout.trim();
  hold(before === '', `there still is ${before}`);
  const asked = (...words: readonly string[]) =>
    good(root.asAda(single, ...words), words.join(' '));
  hold(asked('--version').trim() === packages.version, 'it is another version');
  asked('demo', '--once');
  asked('init', '--workspace', `/${HOME}/project`, ...PASSPHRASE);
  asked('up', '--detach');
  const running = programs(root);
  hold(allIn(running, '/.local/lib/ioi-single/'), `it runs ${running.join(' ')}`);
  asked('export', '--out', 'one-file.ioi');
  const log = readFileSync(root.at(HOME, 'one-file.ioi'), 'utf8');
  const report = verify([encodeUtf8(log)]);
  hold(report.ok && report.summary.node_id !== seen.node, 'its log is not that of a new node');
  asked('uninstall', '--delete-data', '--yes');
  await until('its processes end', () => programs(root).length === 0);
}

/** By an agent, as its client starts it: what it is told, `undefined` where it was done. */
async function asked({ root }: Life, tool: string, given: object): Promise<string | undefined> {
  const child = root.spawnAsAda('ioi', 'mcp');
  if (child.stdout === null || child.stdin === null) throw new Error('no streams');
  child.stderr?.resume();
  const agent = new McpPeer({ input: child.stdout, output: child.stdin });
  try {
    await agent.initialize();
    const { result, error } = await agent.call(tool, given);
    return error?.message ?? (result?.['isError'] === true ? JSON.stringify(result) : undefined);
  } finally {
    agent.close();
    child.kill();
  }
}

async function wrote(life: Life, name: string): Promise<void> {
  const path = `/${HOME}/project/${name}`;
  const refused = await asked(life, 'write_file', { path, content: name });
  hold(refused === undefined, `${name} was not written: ${refused}`);
  hold(readFileSync(life.root.at(path), 'utf8') === name, `${name} is not as it was written`);
}

/** By the verifier of this process: the log goes on, of the same node, and proves what it says. */
function judged({ root, seen }: Life): void {
  ioi(root, 'export', '--out', 'now.ioi', '--force');
  const report = verify([encodeUtf8(readFileSync(root.at(HOME, 'now.ioi'), 'utf8'))]);
  if (!report.ok) throw new Error(`the log does not verify: ${JSON.stringify(report.findings[0])}`);
  const { entries, node_id: node } = report.summary;
  hold(
    entries > seen.entries || seen.node === '',
    `the log went from ${seen.entries} to ${entries}`,
  );
  hold(seen.node === '' || seen.node === node, 'it is another node');
  Object.assign(seen, { entries, node });
}

/** Command lines of the node's processes, as the kernel tells them. */
function programs(root: DebianRoot): readonly string[] {
  const script =
    'for each in /proc/[0-9]*; do tr "\\0" " " < $each/cmdline; echo; done 2>/dev/null';
  const lines = root.asAda('sh', '-c', script).stdout.split('\n');
  return lines.filter((line) => /\/(apps|hosts)\//.test(line) && !line.includes('for each'));
}

function installed(root: DebianRoot): ReadonlySet<string> {
  const lines = root.must('dpkg-query', '--show').trim().split('\n');
  return new Set(lines.map((line) => line.split(/[\t:]/)[0] ?? ''));
}

function ioi(root: DebianRoot, ...args: readonly string[]): string {
  return good(root.asAda('ioi', ...args), args.join(' '));
}

function good({ code, stdout, stderr }: ReturnType<DebianRoot['asAda']>, what = 'it'): string {
  if (code === 0) return stdout;
  throw new Error(
    `\`${what}\` ended with ${code}: ${stderr.trim().split('\n').slice(-3).join(' ')}`,
  );
}

/** There is one at least. */
function allIn(lines: readonly string[], part: string): boolean {
  return lines.length > 0 && lines.every((line) => line.includes(part));
}

function hold(isSo: boolean, otherwise: string): void {
  if (!isSo) throw new Error(otherwise);
}
