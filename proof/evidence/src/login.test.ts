import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { after, before, test } from 'node:test';
import { IOI } from '@ioi/kit';
import { TestAuthority } from '@ioi/wallet/testing';

const folder = mkdtempSync(join(tmpdir(), 'ioi-login-'));
const home = join(folder, 'home');
const passphrase = ['--passphrase-file', join(folder, 'passphrase')];
let authority: TestAuthority;

function ioi(...args: readonly string[]): ChildProcess {
  const env = { IOI_HOME: home };
  return spawn(process.execPath, [IOI, ...args], { env, stdio: ['ignore', 'pipe', 'pipe'] });
}

async function ended(child: ChildProcess): Promise<{ code: number; out: string; err: string }> {
  const exit = once(child, 'exit');
  const [out, err] = await Promise.all([text(child.stdout!), text(child.stderr!)]);
  return { code: (await exit)[0], out, err };
}

async function well(...args: readonly string[]): Promise<string> {
  const { code, out, err } = await ended(ioi(...args));
  assert.equal(code, 0, `${args.join(' ')}: ${err}`);
  return out;
}

before(async () => {
  authority = await TestAuthority.start();
  mkdirSync(join(folder, 'workspace'));
  writeFileSync(join(folder, 'passphrase'), 'correct horse battery\n', { mode: 0o600 });
  await well('init', '--workspace', join(folder, 'workspace'), ...passphrase);
  const config = join(home, 'node.json');
  const mail = { name: 'mail', url: `${authority.origin}/mcp`, credential: 'mail-grant' };
  const file = JSON.parse(readFileSync(config, 'utf8'));
  writeFileSync(config, JSON.stringify({ ...file, servers: [mail] }));
  await well('up', '--detach');
});

after(async () => {
  await ended(ioi('down'));
  authority.close();
  rmSync(folder, { recursive: true, force: true });
});

function filesWith(wanted: string): string[] {
  const names = readdirSync(home, { recursive: true }) as string[];
  const paths = names.map((name) => join(home, name));
  return paths.filter((path) => statSync(path).isFile() && readFileSync(path).includes(wanted));
}

test('a person logs in at the command line, and the grant is in the vault alone', async () => {
  const login = ioi('mcp', 'login', 'mail', ...passphrase);
  let said = '';
  login.stderr?.on('data', (chunk) => {
    said += String(chunk);
  });
  const over = ended(login);
  while (!/http:\S+\n/.test(said)) await Promise.race([once(login.stderr!, 'data'), over]);
  const address = /http:\S+/.exec(said)?.[0] ?? '';
  assert.equal(new URL(address).origin, authority.origin);
  assert.equal((await fetch(address)).status, 200);
  const { code, out } = await over;
  assert.equal(code, 0, said);
  assert.match(out, new RegExp(`logged in to mail, by ${authority.origin}`));
  const list = await well('mcp', 'secret', 'list', '--plain');
  const { origin } = authority;
  assert.equal(list, `mail-grant\toauth\tmail\t${origin}\t${origin}\n`);
  assert.notEqual(authority.lastToken, '');
  for (const secret of [authority.lastToken, 'refresh-1-0123456789']) {
    assert.deepEqual(filesWith(secret), []);
    assert.equal((said + out + list).includes(secret), false);
  }
});

test('the grant goes with what the daemon sends, and logout ends it', async () => {
  await well('down');
  const before = authority.server.seen.length;
  await well('up', '--detach');
  const sent = authority.server.seen.slice(before);
  assert.ok(sent.length > 0);
  assert.equal(sent[0]?.headers.authorization, `Bearer ${authority.lastToken}`);
  await well('mcp', 'logout', 'mail', ...passphrase);
  assert.equal(await well('mcp', 'secret', 'list', '--plain'), '');
});

test('a login takes the owner, and a server that is there', async () => {
  writeFileSync(join(folder, 'wrong'), 'not the passphrase\n');
  const wrong = await ended(
    ioi('mcp', 'login', 'mail', '--passphrase-file', join(folder, 'wrong')),
  );
  assert.equal(wrong.code, 3, wrong.err);
  const unknown = await ended(ioi('mcp', 'login', 'nowhere', ...passphrase));
  assert.equal(unknown.code, 2, unknown.err);
});
