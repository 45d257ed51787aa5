import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { codeOf, PASSPHRASE, VaultBed } from '../testing/vault-bed.ts';
import { KEEP_MS, type Vault } from './vault.ts';

const PLACE = { name: 'mail', server: 'mail', origin: 'https://mail.example' };
const BEARER = { ...PLACE, kind: 'bearer' };
const secretOf = (version: number): string => `planted-secret-${version}`;
const folder = mkdtempSync(join(tmpdir(), 'ioi-versions-'));
after(() => rmSync(folder, { recursive: true, force: true }));

async function made(name: string) {
  const bed = new VaultBed(join(folder, name));
  return { bed, ...(await bed.open()) };
}

const lease = (vault: Vault, more: object = {}) =>
  vault.answer({ kind: 'lease', ...PLACE, ...more });
const versions = (vault: Vault): number[] => vault.history('mail').map(({ item }) => item.version);

test('a version that was replaced is kept a stated time, and shredded then', async () => {
  const { bed, vault, desk, unlocking, close } = await made('kept');
  for (const version of [1, 2, 3]) {
    await desk.put({ ...BEARER, secret: secretOf(version) }, PASSPHRASE);
    bed.pass(1000n);
  }
  assert.deepEqual(versions(vault), [3, 2, 1]);
  const [now, before] = vault.history('mail');
  assert.equal(now?.shred_at, undefined);
  assert.equal(before?.shred_at, String(BigInt(before?.retired_at ?? '') + KEEP_MS));
  bed.pass(KEEP_MS - 2000n);
  await unlocking.tick();
  assert.deepEqual(versions(vault), [3, 2]);
  bed.pass(2000n);
  await unlocking.tick();
  assert.deepEqual(versions(vault), [3]);
  for (const file of ['vault.lines', 'vault.copy.lines']) {
    assert.doesNotMatch(readFileSync(join(bed.folder, file), 'utf8'), /item\/mail\/[12] /);
  }
  await desk.put({ ...BEARER, secret: secretOf(4), keep_ms: '0' }, PASSPHRASE);
  assert.deepEqual(versions(vault), [4]);
  const acts = vault.uses(0).map(({ act, version }) => `${act} ${version}`);
  assert.deepEqual(acts, ['put 1', 'put 2', 'put 3', 'shredded 1', 'shredded 2', 'put 4']);
  close();
});

test('a version that is kept can be had again; a removal takes all of them', async () => {
  const { vault, desk, close } = await made('again');
  for (const version of [1, 2]) {
    await desk.put({ ...BEARER, secret: secretOf(version) }, PASSPHRASE);
  }
  const back = await desk.revive('mail', 1, PASSPHRASE);
  assert.equal(back.ok && back.value.version, 3);
  const leased = lease(vault);
  assert.equal(leased.kind === 'leased' && leased.secret, secretOf(1));
  assert.equal(codeOf(await desk.revive('mail', 9, PASSPHRASE)), 'credential.missing');
  assert.equal(codeOf(await desk.remove('mail', PASSPHRASE)), 'ok');
  assert.deepEqual(versions(vault), []);
  assert.equal(codeOf(lease(vault)), 'credential.missing');
  close();
});

test('a secret that expired is not told, by Chain Time, until there is another', async () => {
  const { bed, vault, desk, close } = await made('expiry');
  const end = String(bed.clock.chain + 1000n);
  await desk.put({ ...BEARER, secret: secretOf(1), expires_at: end }, PASSPHRASE);
  assert.equal(lease(vault).kind, 'leased');
  bed.clock.wall += 10_000n;
  assert.equal(lease(vault).kind, 'leased');
  bed.clock.chain += 1000n;
  assert.equal(codeOf(lease(vault)), 'credential.expired');
  bed.clock.wall -= 100_000n;
  assert.equal(codeOf(lease(vault)), 'credential.expired');
  await desk.put({ ...BEARER, secret: secretOf(2) }, PASSPHRASE);
  assert.equal(lease(vault).kind, 'leased');
  close();
});

test('a use says which version it was of, and for which operation', async () => {
  const { vault, desk, close } = await made('use');
  await desk.put({ ...BEARER, secret: secretOf(1) }, PASSPHRASE);
  const operation = `sha256:${'ab'.repeat(32)}`;
  assert.equal(lease(vault, { operation }).kind, 'leased');
  const { number, at: _, ...use } = vault.uses(0).at(-1) ?? { number: 0, at: '' };
  assert.deepEqual(use, { act: 'leased', name: 'mail', version: 1, server: 'mail', operation });
  assert.equal(number, 2);
  assert.equal(codeOf(lease(vault, { operation: 'anything' })), 'vault.unknown_request');
  close();
});
