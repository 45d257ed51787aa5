import assert from 'node:assert/strict';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { CLIENT_ID, IdentityProvider } from '../../testing/identity-provider.ts';
import { NodeWithAgent } from '../../testing/node-with-agent.ts';
import { PageVisitor } from '../../testing/page-visitor.ts';

const SECRET = 'planted+client/secret=%3A-5d1f';
const METHODS = ['client_secret_basic', 'client_secret_post'] as const;
const providers = new Map<string, IdentityProvider>();
const factors = new Map<string, string>();
const given = new NodeWithAgent(async (up) => {
  const told = await up.ioi('wallet', 'level', '--json');
  const redirectUri = String(JSON.parse(told.stdout)['redirect_uri']);
  const file = join(up.folder, 'client-secret');
  writeFileSync(file, `${SECRET}\n`, { mode: 0o600 });
  for (const method of METHODS) {
    const client = { method, secret: SECRET };
    const provider = await IdentityProvider.start(redirectUri, client);
    providers.set(method, provider);
    const about = ['--issuer', provider.issuer, '--client-id', CLIENT_ID, '--subject', 'alice'];
    const secret = ['--client-secret-file', file, '--passphrase-file', up.passphraseFile];
    const all = [...about, ...secret, '--json'];
    const added = await up.ioi('wallet', 'level', 'add-oidc', method, ...all);
    assert.equal(added.code, 0, added.stderr);
    factors.set(method, String(JSON.parse(added.stdout)['factor_id']));
  }
  const [early] = METHODS;
  const missing = await signIn(early);
  assert.equal(missing.body['code'], 'edge.missing', JSON.stringify(missing.body));
  assert.equal((await up.ioi('down')).code, 0);
  assert.equal((await up.ioi('up', '--detach')).code, 0);
});
const { node } = given;
after(() => {
  for (const provider of providers.values()) provider.close();
});

async function signIn(method: string) {
  const opened = await node.ioi('inbox', '--open', '--no-browser', '--json');
  const page = await PageVisitor.open(String(JSON.parse(opened.stdout)['url']));
  const begun = await page.ask('/api/sign-in/begin', { factor_id: factors.get(method) });
  const provider = providers.get(method);
  assert.ok(provider);
  const returned = await provider.visit(String(begun.body['url']), 'alice');
  const finished = await page.ask('/api/sign-in/finish', returned);
  return { ...finished, inbox: (await page.ask('/api/inbox')).body };
}

test('a client with a secret says so by header or form, and its person signs in', async () => {
  for (const method of METHODS) {
    const { status, body, inbox } = await signIn(method);
    assert.equal(status, 200, `${method}: ${JSON.stringify(body)}`);
    assert.ok(inbox['unlocked_until']);
  }
});

test('nothing that is told has the secret in it', async () => {
  const list = await node.ioi('wallet', 'secret', 'list', '--json');
  const level = await node.ioi('wallet', 'level', '--json');
  for (const method of METHODS) assert.ok(level.stdout.includes(`"client_auth":"${method}"`));
  for (const { stdout } of [list, level]) assert.equal(stdout.includes(SECRET), false);
  const [factor = ''] = factors.values();
  assert.match(list.stdout, new RegExp(`oidc-${factor.slice(7, 23)}`));
});

test('a locked vault and a wrong secret sign nobody in, each by name', async () => {
  const [method] = METHODS;
  const name = `oidc-${factors.get(method)?.slice(7, 23)}`;
  const wrong = join(node.folder, 'wrong');
  writeFileSync(wrong, 'another-secret', { mode: 0o600 });
  const file = ['--file', wrong, '--passphrase-file', node.passphraseFile];
  const rotated = await node.ioi('wallet', 'secret', 'rotate', name, ...file);
  assert.equal(rotated.code, 0, rotated.stderr);
  const refused = await signIn(method);
  assert.equal(refused.body['code'], 'sign_in.not_exchanged');
  assert.match(String(refused.body['title']), /401 invalid_client$/);
  assert.equal(refused.inbox['unlocked_until'], undefined);
  assert.equal((await node.ioi('wallet', 'lock')).code, 0);
  const locked = await signIn(method);
  assert.equal(locked.body['code'], 'vault.locked', JSON.stringify(locked.body));
});

test('the secret stands in no file that the node leaves', async () => {
  assert.equal((await node.ioi('down')).code, 0);
  const files = readdirSync(node.home.folder, { recursive: true, withFileTypes: true });
  const paths = files
    .filter((each) => each.isFile())
    .map((each) => join(each.parentPath, each.name));
  assert.ok(paths.some((path) => path.endsWith('.log')));
  const spelled = [SECRET, encodeURIComponent(SECRET), Buffer.from(SECRET).toString('base64')];
  for (const path of paths) {
    const bytes = bytesOf(path);
    for (const text of spelled) assert.equal(bytes.includes(text), false, path);
  }
});

/** What was compiled is being put in its place by whoever has just ended, under another name. */
function bytesOf(path: string): Buffer {
  try {
    return readFileSync(path);
  } catch (fault) {
    const isGone = (fault as NodeJS.ErrnoException).code === 'ENOENT';
    if (isGone && path.startsWith(join(node.home.folder, 'cache'))) return Buffer.alloc(0);
    throw fault;
  }
}
