import assert from 'node:assert/strict';
import { appendFileSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { encodeBase64 } from '@ioi/basis';
import { generateHybridKey } from '@ioi/crypto/shell';
import { codeOf, PASSPHRASE, VaultBed } from '../testing/vault-bed.ts';
import type { Vault } from './vault.ts';
import { handOnVault } from './vault-handed-on.ts';

const SECRET = 'planted-secret-0123456789';
const PLACE = { name: 'mail', server: 'mail', origin: 'https://mail.example' };
const BEARER = { ...PLACE, kind: 'bearer', secret: SECRET };
const passphrase = PASSPHRASE;
const folder = mkdtempSync(join(tmpdir(), 'ioi-unlock-'));
after(() => rmSync(folder, { recursive: true, force: true }));

async function made(name: string) {
  const bed = new VaultBed(join(folder, name));
  const opened = await bed.open();
  assert.equal(codeOf(await opened.desk.put(BEARER, PASSPHRASE)), 'ok');
  return { bed, ...opened };
}

const lease = (vault: Vault): string => codeOf(vault.answer({ kind: 'lease', ...PLACE }));
const keyOf = (byte: number): string => encodeBase64(new Uint8Array(32).fill(byte));

test('a new vault opens by what lies beside it, and says what that is worth', async () => {
  const { bed, vault, unlocking, close } = await made('file');
  const { state, unattended, unlockers } = unlocking.status();
  assert.deepEqual([state, unattended, unlockers.length], ['unlocked', 'file', 2]);
  const file = unlockers.find(({ kind }) => kind === 'file');
  assert.match(file?.reveals.disk ?? '', /^all of it/);
  const closed = await unlocking.close();
  assert.equal(closed.state, 'locked');
  assert.equal(lease(vault), 'vault.locked');
  assert.deepEqual(bed.told.at(-1), { kind: 'revoked', name: 'mail' });
  assert.equal(codeOf(await unlocking.unlock({ passphrase: 'no' })), WRONG);
  assert.equal(codeOf(await unlocking.unlock({ passphrase })), 'ok');
  assert.equal(lease(vault), 'leased');
  close();
  const again = await bed.open();
  assert.equal(lease(again.vault), 'leased');
  again.close();
});

test('without an unattended unlocker it starts locked, and a passphrase opens it', async () => {
  const { bed, unlocking, close } = await made('off');
  const off = await unlocking.setUnattended({ mode: 'off', passphrase });
  assert.deepEqual(off.ok && off.value.dropped, ['file']);
  close();
  const again = await bed.open();
  assert.equal(again.unlocking.status().state, 'locked');
  assert.deepEqual(
    again.desk.items().map(({ name }) => name),
    ['mail'],
  );
  assert.equal(lease(again.vault), 'vault.locked');
  const put = await again.desk.put({ ...BEARER, name: 'other' }, PASSPHRASE);
  assert.equal(codeOf(put), 'vault.locked');
  assert.equal(codeOf(await again.unlocking.unlock({ passphrase: 'no' })), WRONG);
  assert.equal(codeOf(await again.unlocking.unlock({ passphrase })), 'ok');
  assert.equal(lease(again.vault), 'leased');
  again.close();
});

test('what was dropped opens nothing any more, not with an old copy of its slot', async () => {
  const { bed, unlocking, close } = await made('dropped');
  const path = join(bed.folder, 'vault.lines');
  const slot = readFileSync(path, 'utf8')
    .split('\n')
    .find((line) => line.includes(' slot/file '));
  assert.equal(codeOf(await unlocking.setUnattended({ mode: 'off', passphrase })), 'ok');
  assert.equal(readFileSync(path, 'utf8').includes('slot/file'), false);
  close();
  for (const name of ['vault.lines', 'vault.copy.lines']) {
    appendFileSync(join(bed.folder, name), `${slot}\n`);
  }
  const again = await bed.open();
  assert.deepEqual(
    again.unlocking.status().unlockers.map(({ id }) => id),
    ['owner', 'passphrase'],
  );
  assert.equal(lease(again.vault), 'vault.locked');
  for (const name of ['vault.lines', 'vault.copy.lines']) {
    appendFileSync(join(bed.folder, name), `${slot}\n`);
  }
  assert.equal(codeOf(await again.unlocking.adopt(PASSPHRASE)), 'ok');
  // Adopted, the old slot opens a vault key under which nothing lies any more.
  assert.equal(lease(again.vault), 'credential.unreadable');
  again.close();
});

test('wrong passphrases of the vault cost time, together with those of the owner', async () => {
  const { bed, unlocking, desk, close } = await made('guess');
  await unlocking.setUnattended({ mode: 'off', passphrase });
  for (const _ of [1, 2]) assert.equal(codeOf(await unlocking.unlock({ passphrase: 'no' })), WRONG);
  assert.equal(codeOf(await desk.remove('mail', 'no')), WRONG);
  assert.equal(codeOf(await unlocking.unlock({ passphrase: 'no' })), WRONG);
  assert.equal(codeOf(await unlocking.unlock({ passphrase })), 'approver.locked');
  bed.pass(2000n);
  assert.equal(codeOf(await unlocking.unlock({ passphrase })), 'ok');
  close();
});

test('systemd and a keyring open it with their own keys alone', async () => {
  for (const kind of ['systemd', 'keyring'] as const) {
    const { bed, unlocking, close } = await made(kind);
    const set = { mode: kind, passphrase, key: keyOf(1) };
    assert.equal(codeOf(await unlocking.setUnattended({ ...set, key: 'short' })), 'vault.invalid');
    assert.equal(codeOf(await unlocking.setUnattended({ ...set, passphrase: 'no' })), WRONG);
    const done = await unlocking.setUnattended(set);
    assert.deepEqual(done.ok && done.value.dropped, ['file']);
    close();
    const again = await bed.open();
    assert.equal(lease(again.vault), 'vault.locked');
    const wrong = await again.unlocking.unlock({ unlocker: kind, key: keyOf(2) });
    assert.equal(codeOf(wrong), 'vault.wrong_key');
    const other = kind === 'systemd' ? 'keyring' : 'systemd';
    const elsewhere = await again.unlocking.unlock({ unlocker: other, key: keyOf(1) });
    assert.equal(codeOf(elsewhere), 'vault.no_unlocker');
    const right = await again.unlocking.unlock({ unlocker: kind, key: keyOf(1) });
    assert.equal(codeOf(right), 'ok');
    assert.equal(lease(again.vault), 'leased');
    const file = await again.unlocking.setUnattended({ mode: 'file', passphrase });
    assert.deepEqual(file.ok && file.value.dropped, [kind]);
    again.close();
  }
});

test('a passkey opens it by what its PRF gives, and can be taken away', async () => {
  const { unlocking, vault, close } = await made('passkey');
  const about = { passphrase, credential_id: 'A'.repeat(22), label: 'phone' };
  for (const wrong of [{ key: 'x' }, { credential_id: 'no' }, { label: 'a\nb' }]) {
    const refused = await unlocking.addPasskey({ ...about, key: keyOf(1), ...wrong });
    assert.equal(codeOf(refused), 'vault.invalid');
  }
  assert.equal(codeOf(await unlocking.addPasskey({ ...about, key: keyOf(1) })), 'ok');
  const second = { ...about, label: 'stick', credential_id: 'B'.repeat(22), key: keyOf(2) };
  assert.equal(codeOf(await unlocking.addPasskey(second)), 'ok');
  const passkeys = unlocking.status().unlockers.filter(({ kind }) => kind === 'passkey');
  assert.deepEqual(passkeys.map(({ label }) => label).toSorted(), ['phone', 'stick']);
  assert.match(unlocking.status().prf_salt, /^[0-9a-f]{64}$/);
  await unlocking.close();
  assert.equal(
    codeOf(await unlocking.unlock({ unlocker: 'passkey', key: keyOf(3) })),
    'vault.wrong_key',
  );
  assert.equal(codeOf(await unlocking.unlock({ unlocker: 'passkey', key: keyOf(2) })), 'ok');
  assert.equal(lease(vault), 'leased');
  const stick = passkeys.find(({ label }) => label === 'stick')?.id ?? '';
  assert.equal(codeOf(await unlocking.removeUnlocker(stick, PASSPHRASE)), 'ok');
  await unlocking.close();
  assert.equal(
    codeOf(await unlocking.unlock({ unlocker: 'passkey', key: keyOf(2) })),
    'vault.wrong_key',
  );
  close();
});

test('the last unlocker is not taken away', async () => {
  const { unlocking, close } = await made('last');
  assert.equal(codeOf(await unlocking.removeUnlocker('file', PASSPHRASE)), 'ok');
  assert.equal(codeOf(await unlocking.removeUnlocker('owner', PASSPHRASE)), 'vault.invalid');
  assert.equal(unlocking.status().state, 'unlocked');
  close();
});

test('it locks itself in time, and no clock that is moved makes that later', async () => {
  const { bed, unlocking, vault, close } = await made('time');
  const hour = 3_600_000n;
  const open = async (): Promise<void> => {
    assert.equal(codeOf(await unlocking.unlock({ passphrase, for_ms: String(8n * hour) })), 'ok');
    assert.equal(lease(vault), 'leased');
  };
  await open();
  bed.pass(8n * hour - 1n);
  assert.equal(lease(vault), 'leased');
  bed.pass(1n);
  assert.equal(lease(vault), 'vault.locked');
  await unlocking.tick();
  assert.deepEqual(bed.told.at(-1), { kind: 'revoked', name: 'mail' });
  await open();
  bed.clock.wall -= 24n * hour;
  bed.clock.monotonic += 8n * hour;
  assert.equal(lease(vault), 'vault.locked');
  await open();
  bed.clock.wall += 8n * hour;
  assert.equal(lease(vault), 'vault.locked');
  close();
});

test('a new vault key keeps every version, and what cannot be wrapped again is named', async () => {
  const { bed, unlocking, desk, vault, close } = await made('rekey');
  await desk.put({ ...BEARER, secret: `${SECRET}-2` }, PASSPHRASE);
  const passkey = { passphrase, credential_id: 'A'.repeat(22), label: 'phone', key: keyOf(1) };
  await unlocking.addPasskey(passkey);
  const rekeyed = await unlocking.rekey(PASSPHRASE);
  assert.match(String(rekeyed.ok && rekeyed.value.dropped), /^passkey-[0-9a-f]{8}$/);
  assert.equal(lease(vault), 'leased');
  close();
  const again = await bed.open();
  const revived = await again.desk.revive('mail', 1, PASSPHRASE);
  assert.equal(revived.ok && revived.value.version, 3);
  const leased = again.vault.answer({ kind: 'lease', ...PLACE });
  assert.equal(leased.kind === 'leased' && leased.secret, SECRET);
  again.close();
});

test('changes at once come one after the other, and leave one vault', async () => {
  const { bed, unlocking, desk, close } = await made('at-once');
  const all = await Promise.all([
    unlocking.rekey(PASSPHRASE),
    unlocking.setUnattended({ mode: 'off', passphrase }),
    desk.put({ ...BEARER, name: 'other' }, PASSPHRASE),
    unlocking.setUnattended({ mode: 'file', passphrase }),
  ]);
  assert.deepEqual(all.map(codeOf), ['ok', 'ok', 'ok', 'ok']);
  close();
  const again = await bed.open();
  assert.equal(again.unlocking.status().unattended, 'file');
  assert.equal(lease(again.vault), 'leased');
  await again.unlocking.close();
  assert.equal(codeOf(await again.unlocking.unlock({ passphrase })), 'ok');
  assert.equal(lease(again.vault), 'leased');
  again.close();
});

test('under another guardian its owner opens it, and then it opens by itself again', async () => {
  const { bed, close } = await made('handed-on');
  close();
  const key = generateHybridKey();
  const other = await bed.open(key);
  assert.equal(lease(other.vault), 'vault.locked');
  assert.equal(codeOf(await other.unlocking.unlock({ passphrase: 'no' })), WRONG);
  assert.equal(codeOf(await other.unlocking.unlock({ passphrase })), 'ok');
  assert.equal(lease(other.vault), 'leased');
  const on = { folder: bed.folder, anchor: other.anchor, sealKey: key };
  handOnVault({ ...on, owner: generateHybridKey() });
  assert.equal(lease(bed.start(other.anchor, key)), 'vault.locked');
  handOnVault({ ...on, owner: bed.owner });
  assert.equal(lease(bed.start(other.anchor, key)), 'leased');
  other.close();
});

test('what its owner keeps from opening by itself does not, under no guardian', async () => {
  const { bed, unlocking, close } = await made('handed-on-off');
  assert.equal(codeOf(await unlocking.setUnattended({ mode: 'off', passphrase })), 'ok');
  close();
  const key = generateHybridKey();
  const other = await bed.open(key);
  const { folder: place, owner } = bed;
  handOnVault({ folder: place, anchor: other.anchor, owner, sealKey: key });
  assert.equal(lease(bed.start(other.anchor, key)), 'vault.locked');
  assert.equal(codeOf(await other.unlocking.unlock({ passphrase })), 'ok');
  other.close();
});

test('what opened and closed it is on record, without what did', async () => {
  const { unlocking, vault, close } = await made('uses');
  await unlocking.close();
  await unlocking.unlock({ passphrase });
  lease(vault);
  const uses = vault.uses(0);
  const acts = uses.map(({ act }) => act);
  assert.deepEqual(acts, ['put', 'locked', 'unlocked', 'leased']);
  assert.deepEqual(
    uses.map(({ number }) => number),
    [1, 2, 3, 4],
  );
  assert.deepEqual(
    vault.uses(3).map(({ name, version }) => [name, version]),
    [['mail', 1]],
  );
  assert.equal(JSON.stringify(uses).includes(SECRET), false);
  close();
});

const WRONG = 'approver.keyfile.wrong_passphrase';
