import { argon2, randomBytes } from 'node:crypto';
import { decodeBase64, encodeBase64, encodeUtf8, err, ok, type Result } from '@ioi/basis';
import { canonicalBytes, canonicalJson, type Json, parseStrict } from '@ioi/canon';
import { type AeadContext, openAead, sealAead } from '../core/aead.ts';
import type { KeyFileCode, KeyFileError } from '../core/codes.ts';
import type { HybridPublicKey } from '../core/keys.ts';
import { exportSeeds, generateHybridKey, type HybridKey, SEED_SIZE } from './keys.ts';

/** Argon2id (RFC 9106): memory in KiB, passes over it, lanes. */
export type KdfCost = {
  readonly memory_kib: number;
  readonly passes: number;
  readonly parallelism: number;
};

type Header = {
  readonly format: 'ioi-keyfile/1';
  readonly kdf: KdfCost & { readonly name: 'argon2id'; readonly salt: string };
  readonly cipher: { readonly name: 'xchacha20-poly1305'; readonly nonce: string };
  readonly public_key: HybridPublicKey;
};

type JsonObject = { [key: string]: Json };

/** RFC 9106 section 4, second recommendation: about 0.2 s on one core. */
const DEFAULT_KDF_COST: KdfCost = { memory_kib: 64 * 1024, passes: 3, parallelism: 4 };

// A file is somebody else's data: what it may make us spend is bounded, one by one and together.
const MAX_MEMORY_KIB = 1024 * 1024;
const MAX_PASSES = 16;
const MAX_PARALLELISM = 16;
const MAX_MEMORY_PASSES = 4 * MAX_MEMORY_KIB;
const MAX_FILE_BYTES = 64 * 1024;

const FORMAT = 'ioi-keyfile/1';
const SALT_SIZE = 16;
const NONCE_SIZE = 24;
const KEY_SIZE = 32;
const TAG_SIZE = 16;

/** The text of a file that holds the key, readable only with the passphrase. */
export async function sealKeyFile(
  key: HybridKey,
  passphrase: string,
  cost: KdfCost = DEFAULT_KDF_COST,
): Promise<string> {
  const { memory_kib, passes, parallelism } = cost;
  const salt = encodeBase64(randomBytes(SALT_SIZE));
  const header: Header = {
    format: FORMAT,
    kdf: { name: 'argon2id', memory_kib, passes, parallelism, salt },
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

function isAffordable(kdf: JsonObject): boolean {
  const { memory_kib: memory, passes, parallelism } = kdf;
  if (!isBetween(parallelism, 1, MAX_PARALLELISM) || !isBetween(passes, 1, MAX_PASSES)) {
    return false;
  }
  // RFC 9106 3.1: at least 8 KiB a lane.
  if (!isBetween(memory, 8 * parallelism, MAX_MEMORY_KIB)) return false;
  return memory * passes <= MAX_MEMORY_PASSES;
}

function isBetween(value: Json | undefined, least: number, most: number): value is number {
  return typeof value === 'number' && Number.isInteger(value) && value >= least && value <= most;
}

async function contextOf(header: Header, passphrase: string): Promise<AeadContext> {
  const associatedData = canonicalBytes(header);
  if (!associatedData.ok) throw new Error(associatedData.error.message);
  return {
    key: await deriveKey(header.kdf, passphrase),
    nonce: decodeBase64(header.cipher.nonce) ?? new Uint8Array(),
    associatedData: associatedData.value,
  };
}

function deriveKey(kdf: Header['kdf'], passphrase: string): Promise<Uint8Array> {
  const { promise, resolve, reject } = Promise.withResolvers<Uint8Array>();
  const parameters = {
    // Keyboards differ in how they compose accents; NFC makes one passphrase of them.
    message: encodeUtf8(passphrase.normalize('NFC')),
    nonce: decodeBase64(kdf.salt) ?? new Uint8Array(),
    parallelism: kdf.parallelism,
    tagLength: KEY_SIZE,
    memory: kdf.memory_kib,
    passes: kdf.passes,
  };
  argon2('argon2id', parameters, (fault, key) => {
    if (fault === null) resolve(key);
    else reject(fault);
  });
  return promise;
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
