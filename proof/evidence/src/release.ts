import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { blocksIn } from '@ioi/cli/testing';
import { IOI } from '@ioi/kit';
import type { Evidence, Progress } from './evidence.ts';

const ROOT = join(import.meta.dirname, '../../..');
const GUIDE = join(ROOT, 'docs/guides/release.md');
const LONGEST_MS = 1_800_000;
const OUTPUT = 64 * 2 ** 20;
/** What a reader has who has nothing of ours but the Node that the guide names. */
const BARE = { PATH: `${dirname(process.execPath)}:/usr/bin:/bin` };

type Ran = { readonly code: number | null; readonly said: string };

/** A release of this checkout, made with a key, and judged by what its guide has a reader run. */
export async function runRelease(onProgress?: Progress): Promise<Evidence> {
  const above = mkdtempSync(join(tmpdir(), 'ioi-released-'));
  const out = join(above, 'out');
  const findings: string[] = [];
  const counts: Record<string, number> = {};
  const steps: readonly (readonly [string, () => void])[] = [
    ['made and signed', () => make(above, out)],
    ['checked by the guide', () => checked(out, findings, counts)],
    ['changed files are noticed', () => changed(out, findings, counts)],
    ['papers name what is packed', () => papers(out, findings, counts)],
    ['the archive and the single file start', () => started(above, out, findings)],
  ];
  try {
    for (const [at, [name, take]] of steps.entries()) {
      take();
      onProgress?.(at + 1, steps.length, name, findings);
    }
    return { findings, counts: { steps: steps.length, ...counts } };
  } finally {
    rmSync(above, { recursive: true, force: true });
  }
}

function make(above: string, out: string): void {
  const [key, passphrase] = [join(above, 'release.key'), join(above, 'passphrase')];
  writeFileSync(passphrase, 'a release passphrase\n', { mode: 0o600 });
  const withPassphrase = ['--passphrase-file', passphrase];
  must(run(process.execPath, [IOI, 'domain', 'key', 'new', key, ...withPassphrase], above));
  const program = join(ROOT, 'tools/pack/src/release.ts');
  const debian = run('dpkg-deb', ['--version'], above).code === 0 ? ['--deb'] : [];
  const how = [...debian, '--single', '--key', key, ...withPassphrase];
  must(run(process.execPath, [program, out, ...how], above));
}

/** The blocks under "Check one", as they stand there. */
function readersCommands(): readonly string[] {
  const [, section = ''] = readFileSync(GUIDE, 'utf8').split('\n## Check one\n');
  const [body = ''] = section.split('\n## ');
  return blocksIn(GUIDE, body).map(({ text }) => text);
}

/** Whether each of the reader's commands is content. */
function contents(out: string): readonly boolean[] {
  return readersCommands().map((command) => {
    const { code, said } = run('sh', ['-ec', command], out, BARE);
    return code === 0 && !said.includes('false');
  });
}

function checked(out: string, findings: string[], counts: Record<string, number>): void {
  const answers = contents(out);
  counts['commands'] = answers.length;
  if (answers.length < 2 || answers.includes(false)) {
    findings.push(`what was just signed is refused: ${answers.join(', ')}`);
  }
  const listed = readFileSync(join(out, 'SHA256SUMS'), 'utf8').trim().split('\n').length;
  counts['files'] = listed;
  // All but the digests, their two signatures and the two forms of the key.
  const unlisted = readdirSync(out).length - 5 - listed;
  if (unlisted !== 0) findings.push(`${unlisted} files of the release have no digest`);
}

/** One byte of each file, the last: some command of the reader's says so. */
function changed(out: string, findings: string[], counts: Record<string, number>): void {
  const keys = new Set(['release-key.json', 'release-key.ed25519.pem']);
  for (const name of readdirSync(out).filter((each) => !keys.has(each))) {
    const path = join(out, name);
    const bytes = readFileSync(path);
    const at = Math.floor(bytes.length / 2);
    const was = bytes[at] ?? 0;
    bytes[at] = was ^ 1;
    writeFileSync(path, bytes);
    if (!contents(out).includes(false)) findings.push(`a changed byte of ${name} is not noticed`);
    bytes[at] = was;
    writeFileSync(path, bytes);
    counts['changed'] = (counts['changed'] ?? 0) + 1;
  }
}

type Bill = { readonly components: readonly { readonly name: string; readonly version: string }[] };

function papers(out: string, findings: string[], counts: Record<string, number>): void {
  const archive = named(out, /\.tgz$/);
  const listed = must(run('tar', ['-tzf', archive], out)).split('\n');
  const packed = listed
    .filter((path) => /node_modules\/(@[^/]+\/)?[^/@]+\/package\.json$/.test(path))
    .map((path) => /.*node_modules\/(.+)\/package\.json$/.exec(path)?.[1] ?? '');
  const bill = JSON.parse(readFileSync(join(out, named(out, /\.cdx\.json$/)), 'utf8')) as Bill;
  const notices = readFileSync(join(out, 'THIRD-PARTY-NOTICES.txt'), 'utf8');
  const billed = new Set(bill.components.map(({ name }) => name));
  counts['packages'] = new Set(packed).size;
  for (const name of new Set(packed)) {
    if (!billed.has(name)) findings.push(`${name} is packed and not in the bill of materials`);
    if (!notices.includes(`\n${name} `)) findings.push(`${name} is packed and in no notice`);
  }
  for (const name of billed) {
    if (!packed.includes(name)) findings.push(`${name} is in the bill of materials, not packed`);
  }
}

/** With nothing of the machine but a shell: a version, and the demo to its end. */
function started(above: string, out: string, findings: string[]): void {
  const tree = join(above, 'installed');
  mkdirSync(tree);
  must(run('tar', ['-xzf', join(out, named(out, /\.tgz$/)), '-C', tree], above));
  const env = { PATH: '/usr/bin:/bin', HOME: above, IOI_SINGLE: join(above, 'single') };
  const single = join(out, named(out, /^ioi-.*-(x64|arm64)$/));
  for (const program of [join(tree, 'bin/ioi'), single]) {
    for (const words of [['--version'], ['demo', '--once']]) {
      const { code, said } = run(program, words, above, env);
      if (code !== 0) findings.push(`${program} ${words.join(' ')}: ${code}: ${said.slice(-300)}`);
    }
  }
}

function named(out: string, pattern: RegExp): string {
  const found = readdirSync(out).find((name) => pattern.test(name));
  if (found === undefined) throw new Error(`nothing in the release is called ${pattern.source}`);
  return found;
}

function run(program: string, words: readonly string[], cwd: string, env?: object): Ran {
  const options = { cwd, encoding: 'utf8', timeout: LONGEST_MS, maxBuffer: OUTPUT } as const;
  const done = spawnSync(program, words, { ...options, env: { ...(env ?? process.env) } });
  return { code: done.status, said: `${done.stdout}${done.stderr}` };
}

function must({ code, said }: Ran): string {
  if (code === 0) return said;
  throw new Error(`it ended with ${code}: ${said.slice(-500)}`);
}
