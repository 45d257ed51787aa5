import { randomBytes } from 'node:crypto';
import { decodeBase64, encodeBase64, err, ok, type Result } from '@ioi/basis';
import { canonicalBytes, canonicalJson, type Json, parseStrict } from '@ioi/canon';
import { type AeadContext, openAead, sealAead } from '../core/aead.ts';
import type { KeyFileCode, KeyFileError } from '../core/codes.ts';
import type { HybridPublicKey } from '../core/keys.ts';
import { exportSeeds, generateHybridKey, type HybridKey, SEED_SIZE } from './keys.ts';
import { freshKdf, isAffordable, type Kdf, type KdfCost, passphraseKey } from './passphrase-key.ts';

type Header = {
  readonly format: 'ioi-keyfile/1';
  readonly kdf: Kdf;
  readonly cipher: { readonly name: 'xchacha20-poly1305'; readonly nonce: string };
  readonly public_key: HybridPublicKey;
};

type JsonObject = { [key: string]: Json };

const MAX_FILE_BYTES = 64 * 1024;

const FORMAT = 'ioi-keyfile/1';
const SALT_SIZE = 16;
const NONCE_SIZE = 24;
const TAG_SIZE = 16;

/** The text of a file that holds the key, readable only with the passphrase. */
export async function sealKeyFile(
  key: HybridKey,
  passphrase: string,
  cost?: KdfCost,
): Promise<string> {
  const header: Header = {
    format: FORMAT,
    kdf: freshKdf(cost),
    cipher: { name: 'xchacha20-poly1305', nonce: encodeBase64(randomBytes(NONCE_SIZE)) },
    public_key: key.publicKey,
  };
  const seeds = exportSeeds(key);
  const plaintext = new Uint8Array(2 * SEED_SIZE);
  plaintext.set(seeds.ed25519, 0);
  plaintext.set(seeds.mlDsa44, SEED_SIZE);
  const sealed = sealAead(await contextOf(header, passphrase), plaintext);
  for (const secret of [plaintext, seeds.ed25519, seeds.mlDsa44]) secret.fill(0);
  const text = canonicalJson({ ...header, ciphertext: encodeBase64(sealed) });
  if (!text.ok) throw new Error(text.error.message);
  return `${text.value}\n`;
}

/**
 * Opens a key file. A changed ciphertext or header cannot be told from a wrong passphrase: both
 * are `keyfile.wrong_passphrase`. `keyfile.damaged` is a file that never was one of ours.
 */
export async function openKeyFile(
  text: string,
  passphrase: string,
): Promise<Result<HybridKey, KeyFileError>> {
  const parsed = parseStrict(text, { maxBytes: MAX_FILE_BYTES, maxDepth: 4 });
  if (!parsed.ok) return refuse('keyfile.damaged', 'the file is not the JSON of a key file');
  const read = readFile(parsed.value);
  if (!read.ok) return read;
  const { header, sealed } = read.value;
  const plaintext = openAead(await contextOf(header, passphrase), sealed);
  if (plaintext === undefined) {
    return refuse('keyfile.wrong_passphrase', 'wrong passphrase, or the file was changed');
  }
  const key = generateHybridKey({
    ed25519: plaintext.subarray(0, SEED_SIZE),
    mlDsa44: plaintext.subarray(SEED_SIZE),
  });
  plaintext.fill(0);
  const isSame =
    key.publicKey.ed25519 === header.public_key.ed25519 &&
    key.publicKey.ml_dsa_44 === header.public_key.ml_dsa_44;
  return isSame ? ok(key) : refuse('keyfile.damaged', 'the file names another public key');
}

function readFile(value: Json): Result<{ header: Header; sealed: Uint8Array }, KeyFileError> {
  const file = fieldsOf(value, ['format', 'kdf', 'cipher', 'public_key', 'ciphertext']);
  if (file === undefined) {
    const isOther = isObject(value) && typeof value['format'] === 'string';
    if (isOther && value['format'] !== FORMAT) return unknownFormat();
    return refuse('keyfile.damaged', 'the file does not have the fields of a key file');
  }
  if (file['format'] !== FORMAT) return unknownFormat();
  const kdf = fieldsOf(file['kdf'], ['name', 'memory_kib', 'passes', 'parallelism', 'salt']);
  const cipher = fieldsOf(file['cipher'], ['name', 'nonce']);
  if (kdf === undefined || cipher === undefined) {
    return refuse('keyfile.damaged', 'kdf or cipher does not have its fields');
  }
  if (kdf['name'] !== 'argon2id' || cipher['name'] !== 'xchacha20-poly1305') {
    return unknownFormat();
  }
  const sealed = bytesOf(file['ciphertext'], 2 * SEED_SIZE + TAG_SIZE);
  const salt = bytesOf(kdf['salt'], SALT_SIZE);
  const nonce = bytesOf(cipher['nonce'], NONCE_SIZE);
  if (sealed === undefined || salt === undefined || nonce === undefined) {
    return refuse('keyfile.damaged', 'salt, nonce or ciphertext is not base64 of its length');
  }
  const publicKey = fieldsOf(file['public_key'], ['algorithm', 'ed25519', 'ml_dsa_44']);
  if (publicKey?.['algorithm'] !== 'hybrid-ed25519-ml-dsa-44') {
    return refuse('keyfile.damaged', 'public_key is no hybrid public key');
  }
  if (!isAffordable(kdf)) {
    return refuse('keyfile.kdf_too_costly', 'the file asks for more work than is allowed');
  }
  const { ciphertext: _, ...header } = file;
  return ok({ header: header as unknown as Header, sealed });
}

async function contextOf(header: Header, passphrase: string): Promise<AeadContext> {
  const associatedData = canonicalBytes(header);
  if (!associatedData.ok) throw new Error(associatedData.error.message);
  return {
    key: await passphraseKey(header.kdf, passphrase),
    nonce: decodeBase64(header.cipher.nonce) ?? new Uint8Array(),
    associatedData: associatedData.value,
  };
}

/** The object itself when it has exactly these fields. */
function fieldsOf(value: Json | undefined, names: readonly string[]): JsonObject | undefined {
  if (!isObject(value) || Object.keys(value).length !== names.length) return undefined;
  return names.every((name) => Object.hasOwn(value, name)) ? value : undefined;
}

function isObject(value: Json | undefined): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function bytesOf(value: Json | undefined, size: number): Uint8Array | undefined {
  const bytes = typeof value === 'string' ? decodeBase64(value) : undefined;
  return bytes?.length === size ? bytes : undefined;
}

function unknownFormat(): Result<never, KeyFileError> {
  return refuse('keyfile.unknown_format', 'a key file of a format not known here');
}

function refuse(code: KeyFileCode, message: string): Result<never, KeyFileError> {
  return err({ code, message });
}
