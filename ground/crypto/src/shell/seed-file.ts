import { readFileSync, writeFileSync } from 'node:fs';
import { decodeBase64, encodeBase64 } from '@ioi/basis';
import { exportSeeds, generateHybridKey, type HybridKey, SEED_SIZE } from './keys.ts';

/**
 * Makes a key and keeps it in a file that only its account may read, unencrypted, for a process
 * that must start without a person. Refuses to replace a file; `format` says whose key it is.
 */
export function createSeedFile(path: string, format: string): HybridKey {
  const key = generateHybridKey();
  const seeds = exportSeeds(key);
  const body = {
    format,
    ed25519: encodeBase64(seeds.ed25519),
    ml_dsa_44: encodeBase64(seeds.mlDsa44),
  };
  writeFileSync(path, `${JSON.stringify(body, null, 2)}\n`, { mode: 0o600, flag: 'wx' });
  return key;
}

/** Throws when the file is not one of this format; its contents are in no message. */
export function readSeedFile(path: string, format: string): HybridKey {
  const body = objectIn(readFileSync(path, 'utf8'));
  const ed25519 = decodeBase64(String(body['ed25519']));
  const mlDsa44 = decodeBase64(String(body['ml_dsa_44']));
  if (body['format'] !== format || ed25519?.length !== SEED_SIZE || mlDsa44?.length !== SEED_SIZE) {
    throw new Error(`${path} is no key file of the format ${format}`);
  }
  return generateHybridKey({ ed25519, mlDsa44 });
}

/** What the parser says of a text quotes it, so it says nothing here. */
function objectIn(text: string): Record<string, unknown> {
  try {
    return Object(JSON.parse(text)) as Record<string, unknown>;
  } catch {
    return {};
  }
}
