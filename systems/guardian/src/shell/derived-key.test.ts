import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { decodeHex } from '@ioi/basis';
import { evmAddressOf } from '@ioi/crypto';
import { evmAddress, phraseOf, rootSeedOf } from '@ioi/crypto/phrase';
import { PASSPHRASE, VaultBed } from '../testing/vault-bed.ts';
import { keepPhrase, ownerOf } from './owner-root.ts';

const folder = mkdtempSync(join(tmpdir(), 'ioi-derived-'));
after(() => rmSync(folder, { recursive: true, force: true }));

const ENTROPY = new Uint8Array(32).fill(7);
const place = { name: 'coins', server: 'chain', origin: 'evm:1' };

async function made(name: string, kept?: Uint8Array) {
  const bed = new VaultBed(join(folder, name));
  bed.owner = ownerOf(ENTROPY).key;
  if (kept) keepPhrase(bed.folder, bed.owner, kept);
  return bed.open();
}

test('an account of the owner is in the vault, its key told to nobody', async () => {
  const { desk, vault, close } = await made('kept', ENTROPY);
  for (const index of [0, 5]) {
    const put = await desk.derive({ ...place, index: String(index) }, PASSPHRASE);
    assert.ok(put.ok, JSON.stringify(put));
    const address = evmAddress(rootSeedOf(ENTROPY), index);
    assert.deepEqual([put.value.kind, put.value.address], ['evm_key', address]);
    const leased = vault.answer({ kind: 'lease', ...place });
    assert.ok(leased.kind === 'leased');
    assert.equal(evmAddressOf(decodeHex(leased.secret) as Uint8Array), address);
    assert.ok(!JSON.stringify(put.value).includes(leased.secret));
  }
  close();
});

test('without a kept phrase it is asked for, and another owner has no account here', async () => {
  const { desk, vault, close } = await made('typed');
  const derive = async (given: object, passphrase = PASSPHRASE): Promise<string> => {
    const put = await desk.derive({ ...place, index: '0', ...given }, passphrase);
    return put.ok ? 'ok' : put.error.code;
  };
  assert.equal(await derive({}), 'phrase.not_kept');
  const foreign = phraseOf(new Uint8Array(32).fill(8));
  assert.equal(await derive({ phrase: foreign }), 'phrase.other_owner');
  assert.equal(await derive({ phrase: 'no phrase' }), 'phrase.wrong_length');
  const phrase = phraseOf(ENTROPY);
  assert.match(await derive({ phrase }, 'not the passphrase'), /^approver\./);
  for (const index of ['-1', '01', '2147483648', '1.5', 0, null, '']) {
    assert.equal(await derive({ phrase, index }), 'credential.invalid');
  }
  assert.equal(await derive({ phrase, origin: 'https://chain.example' }), 'credential.invalid');
  assert.deepEqual(vault.items(), []);
  assert.equal(await derive({ phrase, index: '2147483647' }), 'ok');
  close();
});
