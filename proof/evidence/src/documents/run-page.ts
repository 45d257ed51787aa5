import { spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { canWall, IOI, Machine, PASSPHRASE } from '@ioi/kit';
import type { DocumentPage } from './declared.ts';
import { doneBlocks, executable, lastWords, pageScript } from './page-script.ts';

const ROOT = resolve(import.meta.dirname, '../../../..');

/** What a reader types, by what is asked last. */
const ANSWERS: readonly (readonly [RegExp, string])[] = [
  [/(Choose a passphrase[^\n]*|The same again|Passphrase[^\n]*): $/, PASSPHRASE],
  [/Enter once it is on paper.*: $/, ''],
  [/\[y\/N\] (\u001b\[\d+G)?$/, 'y'],
  [/Private key \(hex\): $/, '11'.repeat(32)],
  [/Type .* to do so: (\u001b\[\d+G)?$/, 'delete'],
  [/(Secret|Token|Value|Password)[^\n]*: $/, 'a-value-of-the-reader'],
];

export type PageOutcome = {
  readonly executed: number;
  readonly excepted: number;
  readonly failed: number;
  readonly findings: readonly string[];
  /** All that was on the screen. */
  readonly screen: string;
};

/** Why no page can be followed on this machine; undefined where they can. */
export function unfollowable(): string | undefined {
  if (!canWall()) return 'bubblewrap makes no walls here';
  // Preparation reads what the program says with --json.
  return spawnSync('jq', ['--version']).status === 0 ? undefined : 'jq is not here';
}

/**
 * Follows a page as a reader would, at a terminal of a machine with nothing on it: no network, an
 * empty home, the packed program as `ioi`. Blocks after one that fails are not reached, and count
 * as failed.
 */
export async function runPage(page: DocumentPage): Promise<PageOutcome> {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), 'ioi-page-')));
  const media = join(folder, 'media');
  const place = { root: join(folder, 'machine'), media, seen: [ROOT] };
  // By this name its processes are known again.
  const machine = new Machine(place, `ada-${randomBytes(4).toString('hex')}`, true);
  try {
    return await followed(page, machine);
  } finally {
    machine.lose();
    rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
  }
}

async function followed(page: DocumentPage, machine: Machine): Promise<PageOutcome> {
  const has = await programs(page, machine);
  const blocks = executable(page, has);
  const excepted = page.blocks.length - blocks.length;
  if (blocks.length === 0) return { executed: 0, excepted, failed: 0, findings: [], screen: '' };
  furnish(page, machine);
  writeFileSync(machine.onMedia('page.sh'), pageScript(blocks));
  const line = 'exec bash --norc -c ". /media/reader.sh; . /media/start.sh; . /media/page.sh"';
  const { code, stdout } = await machine.attended(line, (unread) => {
    if (/Recovery phrase[^\n]*: $/.test(unread))
      return readFileSync(machine.at('phrase'), 'utf8').trim();
    return ANSWERS.find(([asked]) => asked.test(unread))?.[1];
  });
  const done = doneBlocks(stdout);
  const [first] = blocks.filter((_, at) => !done.has(at));
  const counts = { executed: done.size, excepted, failed: blocks.length - done.size };
  if (first === undefined) return { ...counts, findings: [], screen: stdout };
  const how = code === null ? 'does not end' : `ends with ${code}`;
  const findings = [`${first.place} ${how}: ${lastWords(stdout)}`];
  return { ...counts, findings, screen: `${stdout}${nodeSaid(machine)}` };
}

/** The last that the node wrote down for itself, for who looks for the cause. */
function nodeSaid(machine: Machine): string {
  const logs = machine.at('.local/share/ioi/logs');
  if (!existsSync(logs)) return '';
  const texts = readdirSync(logs).map((name) => {
    const lines = readFileSync(join(logs, name), 'utf8').trim().split('\n');
    return `${name}:\n${lines.slice(-10).join('\n')}\n`;
  });
  return `\n${texts.join('')}`;
}

/** Which of the programs that blocks of the page need are there. */
async function programs(page: DocumentPage, machine: Machine) {
  const wanted = new Set(page.blocks.flatMap(({ declared }) => declared.needs));
  const found = new Set<string>();
  for (const name of wanted) {
    const { code } = await machine.run('sh', '-c', `command -v ${name} > /dev/null`);
    if (code === 0) found.add(name);
  }
  return (name: string): boolean => found.has(name);
}

/** The program, the passphrase, and what else is there before the reader begins. */
function furnish({ shown }: DocumentPage, machine: Machine): void {
  const bin = machine.at('.local', 'bin');
  mkdirSync(bin, { recursive: true });
  const start = `'${process.execPath}' --disable-warning=ExperimentalWarning '${IOI}'`;
  const program = `#!/bin/sh\nexec ${start} "$@"\n`;
  writeFileSync(join(bin, 'ioi'), program, { mode: 0o755 });
  writeFileSync(machine.onMedia('passphrase'), `${PASSPHRASE}\n`, { mode: 0o600 });
  mkdirSync(machine.onMedia('shown'));
  for (const [at, text] of shown.entries())
    writeFileSync(machine.onMedia('shown', `${at + 1}`), text);
  cpSync(join(import.meta.dirname, 'reader.sh'), machine.onMedia('reader.sh'));
  const set = {
    CHECKOUT: ROOT,
    SHOWN: '/media/shown',
    PASSPHRASE: '/media/passphrase',
    NODE_COMPILE_CACHE: '/media/compiled',
    EDITOR: 'true',
  };
  const lines = Object.entries(set).map(([name, value]) => `export ${name}='${value}'`);
  // A folder of the reader's own, beside what programs keep.
  writeFileSync(
    machine.onMedia('start.sh'),
    [...lines, 'mkdir ~/here && cd ~/here', ''].join('\n'),
  );
}
