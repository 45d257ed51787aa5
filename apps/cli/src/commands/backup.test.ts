import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { basename, join } from 'node:path';
import { after, test } from 'node:test';
import { encodeUtf8 } from '@ioi/basis';
import { digestBytes } from '@ioi/canon';
import { keyId } from '@ioi/crypto';
import type { NodeHead } from '@ioi/law';
import type { ApprovalToken } from '@ioi/protocol';
import { verify } from '@ioi/verifier';
import { connectAgent } from '../demo/agent.ts';
import { recover } from '../shell/recovery.ts';
import { IOI, type Ran, runIoi } from '../testing/run-ioi.ts';
import { TestNode } from '../testing/test-node.ts';

const nodes: TestNode[] = [];
after(async () => {
  for (const node of nodes) await node.close();
});

/** A running node whose phrase is in a file, with an active policy. */
async function running(): Promise<TestNode & { readonly phraseFile: string }> {
  const node = new TestNode();
  nodes.push(node);
  const phraseFile = join(node.folder, 'phrase');
  assert.equal((await node.init('--phrase-out', phraseFile)).code, 0);
  await up(node);
  assert.equal((await node.activate()).code, 0);
  return Object.assign(node, { phraseFile });
}

async function up(node: TestNode, folder = node.home.folder): Promise<void> {
  const started = await node.ioiWith({ IOI_HOME: folder }, 'up', '--detach');
  assert.equal(started.code, 0, started.stderr);
}

async function backedUp(node: TestNode, name = 'node.backup'): Promise<string> {
  const to = join(node.folder, name);
  const made = await node.ioi('backup', '--to', to);
  assert.equal(made.code, 0, made.stderr);
  return to;
}

type Phrased = TestNode & { readonly phraseFile: string };

function restoreArgs(node: Phrased, file: string, ...flags: readonly string[]): string[] {
  const files = ['--phrase-file', node.phraseFile, '--passphrase-file', node.passphraseFile];
  return ['restore', file, ...files, ...flags];
}

function restoreTo(node: Phrased, folder: string, args: readonly string[]): Promise<Ran> {
  return node.ioiWith({ IOI_HOME: folder }, ...args);
}

/** The approval that an export holds. */
function tokenIn(exported: string): ApprovalToken {
  const tokens: ApprovalToken[] = [];
  for (const line of exported.trim().split('\n')) {
    JSON.parse(line, (_, value: unknown) => {
      if (typeof value === 'object' && value !== null && 'user_sig' in value) {
        tokens.push(value as ApprovalToken);
      }
      return value;
    });
  }
  return tokens.at(-1) ?? assert.fail('no approval in this log');
}

/** Two of three people's shares in place of the phrase. */
async function withShares(node: Phrased, args: readonly string[]): Promise<string[]> {
  const out = join(node.folder, 'shares');
  const phrase = ['--phrase-file', node.phraseFile];
  const split = await node.ioi('wallet', 'phrase', 'split', ...phrase, '--shares-out', out);
  assert.equal(split.code, 0, split.stderr);
  const shares = ['share-3', 'share-1'].flatMap((name) => ['--share-file', join(out, name)]);
  const without = args.filter((each) => !phrase.includes(each));
  return [...without, ...shares];
}

test('a lost home is restored from its backup and shares; old approvals are void', async () => {
  const node = await running();
  await node.ioi('domain', 'open', 'agentgres://domain/notes');
  const notes = join(node.workspace, 'notes.txt');
  const agent = await connectAgent(node.home);
  const call = agent.call('write_file', { path: notes, content: 'new\n' });
  const item = await node.waiting();
  const bytes = 'the package of a worker';
  const digest = digestBytes(bytes).slice('sha256:'.length);
  const packages = (folder: string) => join(folder, 'data', 'worker-packages', `${digest}.worker`);
  writeFileSync(packages(node.home.folder), bytes);
  const backup = await backedUp(node);
  assert.equal(statSync(backup).mode & 0o777, 0o600);
  const passphrase = ['--passphrase-file', node.passphraseFile];
  assert.equal((await node.ioi('approve', item.request_hash, ...passphrase)).code, 0);
  await call;
  await agent.close();
  const late = join(node.folder, 'late.txt');
  writeFileSync(late, (await node.ioi('checkpoint')).stdout);
  const oldExport = join(node.folder, 'old.ioi');
  assert.equal((await node.ioi('export', '--out', oldExport)).code, 0);
  const live = await restoreTo(node, node.home.folder, restoreArgs(node, backup));
  assert.match(live.stderr, /is not empty/);
  await node.ioi('down');
  rmSync(node.home.folder, { recursive: true });

  const folder = join(node.folder, 'restored');
  const args = await withShares(node, restoreArgs(node, backup, '--remembered', late, '--json'));
  const restored = await restoreTo(node, folder, args);
  assert.equal(restored.code, 0, restored.stderr);
  const told = JSON.parse(restored.stdout);
  assert.equal(told.epoch, '1');
  assert.ok(Number(told.known_size) > told.size, 'the lost interval is named');
  assert.deepEqual(told.domains, ['agentgres://domain/notes']);
  assert.equal(readFileSync(packages(folder), 'utf8'), bytes);
  await up(node, folder);
  const there = (...words: readonly string[]) => node.ioiWith({ IOI_HOME: folder }, ...words);
  const out = join(node.folder, 'new.ioi');
  assert.equal((await there('export', '--out', out)).code, 0);
  const report = verify([encodeUtf8(readFileSync(out, 'utf8'))]);
  assert.ok(report.ok, JSON.stringify(report.findings));
  const [epoch] = report.summary.epochs;
  assert.deepEqual([epoch?.reason, epoch?.known_size], ['restore', told.known_size]);
  assert.equal(report.summary.actions.pending, 0, 'what waited ended');
  assert.equal((await there('verify', oldExport)).code, 0, 'the log before stays verifiable');
  assert.match((await there('checkpoint', '--since', late)).stdout, /expect\.other_epoch/);
  const domain = `agentgres://domain/${told.node_id.replace('node://', '').replace('/', '-')}`;
  const objects = await there('domain', 'objects', domain, 'node', '--json');
  const head = JSON.parse(objects.stdout).objects[0].value as NodeHead;
  assert.ok(BigInt(head.revocation_epoch) >= 1n << 32n);
  const token = tokenIn(readFileSync(oldExport, 'utf8'));
  assert.ok(BigInt(token.revocation_epoch) < BigInt(head.revocation_epoch), 'it is revoked');
  assert.notEqual(token.audience, keyId(head.guardian_key), 'and was given to another');
  assert.equal(
    (await there('wallet', 'phrase', 'check', '--phrase-file', node.phraseFile)).code,
    0,
  );
  await there('down');
});

test('a damaged backup names what is damaged, and nothing is restored', async () => {
  const node = await running();
  const backup = await backedUp(node);
  await node.ioi('down');
  const whole = readFileSync(backup);
  const phrase = readFileSync(node.phraseFile, 'utf8').trim();
  const folder = join(node.folder, 'restored');
  const tried = async (
    bytes: Buffer,
    owner = { kind: 'phrase', phrase, passphrase: '' } as const,
  ) => {
    const path = join(node.folder, 'damaged');
    writeFileSync(path, bytes);
    const into = join(node.folder, 'opened');
    try {
      await recover({ kind: 'unseal', backup: path, owner, into }, 'opened', () => {});
      return 'opened';
    } catch (fault) {
      return (fault as { about: { code: string; message: string } }).about.message;
    } finally {
      rmSync(into, { recursive: true, force: true });
    }
  };
  const flipped = (at: number): Buffer => {
    const bytes = Buffer.from(whole);
    bytes[at] = (bytes[at] ?? 0) ^ 1;
    return bytes;
  };
  const start = whole.indexOf('\n', 'ioi-backup/1\n'.length) + 1;
  assert.equal(await tried(whole), 'opened');
  assert.match(await tried(flipped(3)), /no backup/);
  assert.match(await tried(flipped(start + 5)), /list of its contents/);
  assert.match(await tried(flipped(start + 65_600)), /damaged: .*(?:guardian|data|log|home)/);
  assert.match(await tried(flipped(whole.length - 1)), /damaged: .*notes\.json/);
  assert.match(await tried(whole.subarray(0, whole.length - 1)), /damaged: .*notes\.json/);
  assert.match(await tried(whole.subarray(0, start + 65_552)), /damaged: .*guardian\/guardian\.db/);
  assert.match(await tried(Buffer.concat([whole, Buffer.from('x')])), /bytes after its end/);
  const swapped = Buffer.concat([
    whole.subarray(0, start),
    whole.subarray(start + 65_552, start + 2 * 65_552),
    whole.subarray(start, start + 65_552),
    whole.subarray(start + 2 * 65_552),
  ]);
  assert.match(await tried(swapped), /list of its contents/);
  const damaged = join(node.folder, 'damaged.backup');
  writeFileSync(damaged, flipped(whole.length - 1));
  const refused = await restoreTo(node, folder, restoreArgs(node, damaged, '--json'));
  assert.equal(refused.code, 12);
  assert.equal(JSON.parse(refused.stderr).error.code, 'backup.damaged');
  assert.ok(!existsSync(folder));
  const other = join(node.folder, 'other');
  writeFileSync(other, `${'abandon '.repeat(23)}art\n`, { mode: 0o600 });
  const args = ['restore', backup, '--phrase-file', other, '--json'];
  const stranger = await restoreTo(node, folder, args);
  assert.equal(JSON.parse(stranger.stderr).error.code, 'backup.other_owner');
  assert.deepEqual(partsIn(node.folder), []);
});

const partsIn = (folder: string): string[] =>
  readdirSync(folder).filter((name) => name.endsWith('.part'));

test('however a backup is killed, the node goes on, and a named file is whole', async () => {
  const node = await running();
  const startedAt = performance.now();
  await backedUp(node, 'first.backup');
  const wholeMs = performance.now() - startedAt;
  for (const [at, part] of [0.4, 0.6, 0.8, 0.95].entries()) {
    const to = join(node.folder, `killed-${at}.backup`);
    await killed(node.home.folder, ['backup', '--to', to], wholeMs * part);
    assert.equal((await node.ioi('status')).code, 0);
    const code = existsSync(to) ? 2 : 0;
    assert.equal((await node.ioi('backup', '--to', to)).code, code);
    assert.ok(existsSync(to));
  }
  assert.deepEqual(partsIn(node.home.folder), []);
  assert.deepEqual(partsIn(node.folder), []);
});

test('however a restore is killed, its folder is whole or not there', async () => {
  const node = await running();
  const backup = await backedUp(node);
  await node.ioi('down');
  const args = restoreArgs(node, backup);
  const startedAt = performance.now();
  assert.equal((await restoreTo(node, join(node.folder, 'first'), args)).code, 0);
  const wholeMs = performance.now() - startedAt;
  for (const [at, part] of [0.5, 0.8, 0.95].entries()) {
    const folder = join(node.folder, `killed-${at}`);
    await killed(folder, args, wholeMs * part);
    const again = await restoreTo(node, folder, args);
    assert.equal(again.code, existsSync(folder) && again.code === 2 ? 2 : 0, again.stderr);
  }
  for (const name of readdirSync(node.folder).filter((each) => /^killed-\d$/.test(each))) {
    const { home } = node;
    const whole = [home.guardian, home.data, home.nodeConfig, home.run, home.logs];
    const names = readdirSync(join(node.folder, name));
    assert.ok(
      whole.every((path) => names.includes(basename(path))),
      name,
    );
    assert.ok(!names.includes('backup'));
  }
  await up(node, join(node.folder, 'killed-2'));
  await node.ioiWith({ IOI_HOME: join(node.folder, 'killed-2') }, 'down');
});

async function killed(home: string, args: readonly string[], afterMs: number): Promise<void> {
  const child = spawn(process.execPath, [IOI, ...args], {
    env: { IOI_HOME: home },
    stdio: 'ignore',
  });
  const timer = setTimeout(() => child.kill('SIGKILL'), afterMs);
  await once(child, 'exit');
  clearTimeout(timer);
}

test('old files put over new ones are refused: a rollback is no restore', async () => {
  const node = await running();
  await node.ioi('down');
  const older = join(node.folder, 'older');
  cpSync(node.home.folder, older, { recursive: true });
  await up(node);
  await node.ioi('domain', 'open', 'agentgres://domain/later');
  await node.ioi('down');
  const newer = join(node.folder, 'newer');
  for (const [name, code] of [
    ['data', /log\.behind_seal/],
    ['guardian', /log\.seal_rolled_back/],
  ] as const) {
    const place = join(node.home.folder, name);
    mkdirSync(newer, { recursive: true });
    renameSync(place, join(newer, name));
    cpSync(join(older, name), place, { recursive: true });
    const started = await runIoi(['up', '--detach'], { env: { IOI_HOME: node.home.folder } });
    assert.notEqual(started.code, 0);
    assert.match(started.stderr, code);
    rmSync(place, { recursive: true });
    renameSync(join(newer, name), place);
  }
  await up(node);
});
