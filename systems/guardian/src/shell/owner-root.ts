import { randomBytes } from 'node:crypto';
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { decodeBase64, encodeBase64, encodeUtf8 } from '@ioi/basis';
import { openAead, sealAead } from '@ioi/crypto';
import { ENTROPY_SIZE, evmAddress, rootSeedOf, tierSeeds } from '@ioi/crypto/phrase';
import {
  deriveSecret,
  generateHybridKey,
  type HybridKey,
  kemKeyOf,
  sealKeyFile,
  signHybrid,
} from '@ioi/crypto/shell';
import { identityMessage } from '@ioi/law';
import { didOf, type OwnerIdentity } from '@ioi/protocol';

/** An owner as a recovery phrase makes them: the same each time. */
export type Owner = { readonly key: HybridKey; readonly identity: OwnerIdentity };

const IDENTITY = 'identity.json';
const KEPT_PHRASE = 'phrase.key';
const FORMAT = 'ioi-phrase/1';
const PURPOSE = 'ioi kept phrase v1';
const NONCE_BYTES = 24;

export function freshEntropy(): Uint8Array {
  return new Uint8Array(randomBytes(ENTROPY_SIZE));
}

/** The master of whoever holds these 32 bytes: first key of its tier (whitepaper 7.2). */
export function ownerOf(entropy: Uint8Array): Owner {
  const root = rootSeedOf(entropy);
  const key = generateHybridKey(tierSeeds(root, 'master', 0));
  const identity = identityOf(key, evmAddress(root, 0));
  root.fill(0);
  return { key, identity };
}

/** Of an owner whose key comes from no phrase, it has no account. */
export function identityOf(key: HybridKey, address?: string): OwnerIdentity {
  const account = address === undefined ? {} : { evm_address: address };
  const unsigned = {
    did: didOf(key.publicKey),
    owner_key: key.publicKey,
    agreement_key: kemKeyOf(key).publicKey,
    ...account,
  };
  const message = identityMessage(unsigned);
  if (!message.ok) throw new Error(message.error.message);
  return { ...unsigned, signature: signHybrid(key, 'SIG_DOMAIN_MANIFEST', message.value) };
}

/** The owner's files in a guardian's folder; refuses to replace one. */
export async function writeOwner(folder: string, owner: Owner, passphrase: string): Promise<void> {
  writeIdentity(folder, owner.identity);
  writeNew(join(folder, 'owner.key'), await sealKeyFile(owner.key, passphrase));
}

export function writeIdentity(folder: string, identity: OwnerIdentity): void {
  writeNew(join(folder, IDENTITY), `${JSON.stringify(identity, null, 2)}\n`);
}

/**
 * Keeps the entropy where the owner chose so: sealed under the owner's key, and so behind the same
 * passphrase and its whole cost.
 */
export function keepPhrase(folder: string, key: HybridKey, entropy: Uint8Array): void {
  const nonce = randomBytes(NONCE_BYTES);
  const sealed = sealAead(contextOf(key, nonce), entropy);
  const body = { format: FORMAT, nonce: encodeBase64(nonce), sealed: encodeBase64(sealed) };
  writeNew(join(folder, KEPT_PHRASE), `${JSON.stringify(body)}\n`);
}

/** Undefined where none is kept, or where what is kept is damaged or of another owner. */
export function keptPhrase(folder: string, key: HybridKey): Uint8Array | undefined {
  const path = join(folder, KEPT_PHRASE);
  if (!existsSync(path)) return undefined;
  const body = JSON.parse(readFileSync(path, 'utf8')) as Record<string, unknown>;
  const [nonce, sealed] = [body['nonce'], body['sealed']].map((each) => decodeBase64(String(each)));
  if (body['format'] !== FORMAT || nonce?.length !== NONCE_BYTES || !sealed) return undefined;
  return openAead(contextOf(key, nonce), sealed);
}

/** Whether there was one. */
export function forgetPhrase(folder: string): boolean {
  const path = join(folder, KEPT_PHRASE);
  if (!existsSync(path)) return false;
  rmSync(path);
  return true;
}

function contextOf(key: HybridKey, nonce: Uint8Array) {
  return { key: deriveSecret(key, PURPOSE), nonce, associatedData: encodeUtf8(FORMAT) };
}

function writeNew(path: string, text: string): void {
  writeFileSync(path, text, { mode: 0o600, flag: 'wx', flush: true });
}
