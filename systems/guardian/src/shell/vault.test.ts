import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { generateHybridKey } from '@ioi/crypto/shell';
import type { EdgeAnswer, EdgeAsk } from '../core/index.ts';
import { formatVaultLines } from '../core/vault-lines.ts';
import { codeOf, PASSPHRASE, VaultBed } from '../testing/vault-bed.ts';
import type { Vault } from './vault.ts';

const SECRET = 'planted-secret-0123456789';
const BEARER = { name: 'mail', kind: 'bearer', server: 'mail', origin: 'https://mail.example' };
const HEADER = { ...BEARER, name: 'key', kind: 'header', header: 'x-api-key' };
const GRANT = { ...BEARER, name: 'grant', kind: 'oauth' };
const asked = { name: 'mail', server: 'mail', origin: 'https://mail.example' };

const folder = mkdtempSync(join(tmpdir(), 'ioi-vault-'));
after(() => rmSync(folder, { recursive: true, force: true }));

async function made(name: string, answer?: (ask: EdgeAsk) => EdgeAnswer) {
  const bed = new VaultBed(join(folder, name), answer);
  return { bed, told: bed.told, ...(await bed.open()) };
}

function lease(vault: Vault, where: object = {}) {
  return vault.answer({ kind: 'lease', ...asked, ...where });
}

test('a secret is put by its owner, told to the edge, and listed without it', async () => {
  const { vault, desk, told } = await made('put');
  const wrong = await desk.put({ ...BEARER, secret: SECRET }, 'not the passphrase');
  assert.equal(wrong.ok ? '' : wrong.error.code, 'approver.keyfile.wrong_passphrase');
  assert.deepEqual(vault.items(), []);
  const put = await desk.put({ ...BEARER, secret: SECRET }, PASSPHRASE);
  assert.ok(put.ok, JSON.stringify(put));
  const answer = lease(vault);
  assert.equal(answer.kind === 'leased' && answer.secret, SECRET);
  assert.equal(JSON.stringify(desk.items()).includes(SECRET), false);
  const again = await desk.put({ ...BEARER, secret: `${SECRET}-new` }, PASSPHRASE);
  assert.equal(again.ok && again.value.version, 2);
  const rotated = lease(vault);
  assert.equal(rotated.kind === 'leased' && rotated.secret, `${SECRET}-new`);
  assert.equal((await desk.remove('mail', 'not the passphrase')).ok, false);
  assert.equal((await desk.remove('mail', PASSPHRASE)).ok, true);
  assert.equal(codeOf(lease(vault)), 'credential.missing');
  const revoked = told.filter(({ kind }) => kind === 'revoked');
  assert.equal(revoked.length, 3);
});

test('a secret goes nowhere but where it is bound to', async () => {
  const { vault, desk } = await made('bound');
  await desk.put({ ...BEARER, secret: SECRET }, PASSPHRASE);
  const elsewhere = [
    { server: 'other' },
    { origin: 'https://evil.example' },
    { origin: 'http://mail.example' },
    { origin: 'https://mail.example:8443' },
    { origin: 'https://mail.example/' },
    { origin: 'https://MAIL.example' },
  ];
  for (const where of elsewhere) {
    assert.equal(codeOf(lease(vault, where)), 'credential.bound_elsewhere', JSON.stringify(where));
  }
  for (const body of [undefined, null, 7, {}, { kind: 'items' }, { kind: 'lease', name: 'mail' }]) {
    assert.equal(codeOf(vault.answer(body)), 'vault.unknown_request');
  }
});

test('the edge renews grants and nothing else', async () => {
  const { vault, desk } = await made('renew');
  await desk.put({ ...BEARER, secret: SECRET }, PASSPHRASE);
  await desk.put({ ...GRANT, secret: '{}' }, PASSPHRASE);
  const renewal = { kind: 'renew', issuer: 'https://as.example', secret: '{"tokens":1}' };
  assert.equal(codeOf(vault.answer({ ...asked, ...renewal })), 'credential.not_renewable');
  const name = 'grant';
  assert.equal(vault.answer({ ...asked, ...renewal, name }).kind, 'renewed');
  const elsewhere = { ...asked, ...renewal, name, origin: 'https://evil.example' };
  assert.equal(codeOf(vault.answer(elsewhere)), 'credential.bound_elsewhere');
  const [grant] = vault.items();
  assert.equal(grant?.issuer, 'https://as.example');
  const leased = lease(vault, { name });
  assert.equal(leased.kind === 'leased' && leased.secret, '{"tokens":1}');
});

test('what cannot be sent safely is refused, and the refusal does not repeat it', async () => {
  const { desk } = await made('invalid');
  const refused: object[] = [
    { ...BEARER, secret: 'short' },
    { ...BEARER, secret: `${SECRET}\r\nx-evil: 1` },
    { ...BEARER, secret: `${SECRET} with a space` },
    { ...BEARER, secret: 7 },
    { ...BEARER, secret: SECRET, origin: 'http://mail.example' },
    { ...BEARER, secret: SECRET, origin: 'https://mail.example/path' },
    { ...BEARER, secret: SECRET, name: '../x' },
    { ...BEARER, secret: SECRET, server: '' },
    { ...HEADER, secret: `${SECRET}\n` },
    { ...HEADER, secret: SECRET, header: 'host' },
    { ...HEADER, secret: SECRET, header: 'mcp-session-id' },
    { ...HEADER, secret: SECRET, header: 'x:y' },
    { ...HEADER, secret: SECRET, header: undefined },
    { ...GRANT, secret: 'x'.repeat(300 * 1024) },
    { ...BEARER, secret: SECRET, kind: 'other' },
  ];
  for (const given of refused) {
    const put = await desk.put(given as Record<string, unknown>, PASSPHRASE);
    assert.equal(put.ok ? '' : put.error.code, 'credential.invalid', JSON.stringify(given));
    assert.equal(JSON.stringify(put).includes(SECRET), false);
  }
  assert.equal((await desk.put({ ...HEADER, secret: SECRET }, PASSPHRASE)).ok, true);
});

test('on disk a secret is not to be read, nor moved, nor opened by another guardian', async () => {
  const { bed, desk, close } = await made('disk');
  await desk.put({ ...BEARER, secret: SECRET }, PASSPHRASE);
  for (const name of readdirSync(bed.folder)) {
    assert.equal(readFileSync(join(bed.folder, name)).includes(SECRET), false, name);
  }
  close();
  const other = await bed.open(generateHybridKey());
  assert.equal(codeOf(lease(other.vault)), 'vault.locked');
  other.close();
  const again = await bed.open();
  assert.equal(lease(again.vault).kind, 'leased');
  again.close();
  const paths = ['vault.lines', 'vault.copy.lines'].map((name) => join(bed.folder, name));
  const write = (said: string): void => {
    for (const each of paths) writeFileSync(each, said);
  };
  const text = readFileSync(paths[0] as string, 'utf8');
  write(text.replaceAll('https://mail.example', 'https://evil.example'));
  const moved = await bed.open();
  const elsewhere = { origin: 'https://evil.example' };
  assert.equal(codeOf(lease(moved.vault, elsewhere)), 'credential.damaged');
  const lines = text.replaceAll('https://mail.example', 'https://evil.example').split('\n');
  write(lines.map(rechecked).join('\n'));
  moved.close();
  const forged = await bed.open();
  assert.equal(codeOf(lease(forged.vault, elsewhere)), 'vault.rolled_back');
  assert.equal(codeOf(await forged.unlocking.adopt(PASSPHRASE)), 'ok');
  assert.equal(codeOf(lease(forged.vault, elsewhere)), 'credential.unreadable');
  forged.close();
});

/** A line as whoever changed it would write it. */
function rechecked(line: string): string {
  const [, place = '', ...rest] = line.split(' ');
  const text = rest.join(' ');
  return formatVaultLines(new Map([[place, text]])).trimEnd();
}

test('a login takes the passphrase, and keeps a grant that is there', async () => {
  const url = 'https://as.example/authorize?x';
  const { vault, desk, told } = await made('login', ({ kind }) =>
    kind === 'login' ? { kind: 'login', authorization_url: url } : { kind: 'done' },
  );
  const { kind: _, ...wanted } = GRANT;
  await desk.put({ ...BEARER, secret: SECRET }, PASSPHRASE);
  const inUse = await desk.login({ ...wanted, name: 'mail' }, PASSPHRASE);
  assert.equal(inUse.ok ? '' : inUse.error.code, 'credential.in_use');
  await desk.remove('mail', PASSPHRASE);
  told.length = 0;
  assert.equal((await desk.login(wanted, 'not the passphrase')).ok, false);
  assert.deepEqual([vault.items(), told], [[], []]);
  const begun = await desk.login(wanted, PASSPHRASE);
  assert.equal(begun.ok && begun.value, url);
  const grant = { kind: 'renew', ...asked, name: 'grant', issuer: 'https://as.example' };
  vault.answer({ ...grant, secret: '{"client":1}' });
  await desk.login(wanted, PASSPHRASE);
  const kept = lease(vault, { name: 'grant' });
  assert.equal(kept.kind === 'leased' && kept.secret, '{"client":1}');
  const client = { client_id: 'mine', client_secret: SECRET };
  await desk.login({ ...wanted, client }, PASSPHRASE);
  const replaced = lease(vault, { name: 'grant' });
  assert.deepEqual(replaced.kind === 'leased' && JSON.parse(replaced.secret), client);
  const done = await desk.followLogin({ kind: 'login_wait', server: 'mail' });
  assert.equal(done.ok, true);
});
