import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { openAead, sealAead } from '@ioi/crypto';
import * as browser from '@ioi/crypto/platform/browser';
import * as node from '@ioi/crypto/platform/node';
import { generateHybridKey, signMlDsa44RawAsync } from '@ioi/crypto/shell';
import { check, newTally, type Tally } from './tally.ts';
import { hexBytes, jsonOf } from './vectors.ts';
import { runKem } from './wycheproof-kem.ts';

type Case = { readonly tcId: number; readonly result: 'valid' | 'invalid' };
type Group<G, T> = G & { readonly tests: readonly (Case & T)[] };
type File<G, T> = { readonly numberOfTests: number; readonly testGroups: readonly Group<G, T>[] };
type Signed = { readonly msg?: string; readonly sig: string; readonly ctx?: string };
type Sealed = Record<'key' | 'iv' | 'aad' | 'msg' | 'ct' | 'tag', string>;

const PLATFORMS = { node, browser };

/** C2SP/wycheproof: signatures on both platforms, the cipher, key exchange. */
export async function run(vectors: string): Promise<Tally> {
  const tally = newTally();
  const folder = join(vectors, 'wycheproof');
  verifyEd25519(tally, folder);
  verifyMlDsa44(tally, folder);
  await signMlDsa44(tally, folder);
  verifyNoSeed(tally, folder);
  openSealed(tally, folder);
  runKem(tally, (name) => groupsOf(folder, name));
  return tally;
}

function groupsOf<G, T>(folder: string, name: string): readonly Group<G, T>[] {
  const path = join(folder, `${name}_test.json`);
  return existsSync(path) ? jsonOf<File<G, T>>(path).testGroups : [];
}

function verifyEd25519(tally: Tally, folder: string): void {
  const groups = groupsOf<{ publicKey: { pk: string } }, Signed>(folder, 'ed25519');
  for (const { publicKey, tests } of groups) {
    const key = hexBytes(publicKey.pk);
    for (const test of tests) {
      const { message, signature } = partsOf(test);
      for (const [platform, { ed25519Verify }] of Object.entries(PLATFORMS)) {
        const isHeld = ed25519Verify(key, message, signature);
        check(tally, `ed25519 ${test.tcId} ${platform}`, isHeld === (test.result === 'valid'));
      }
    }
  }
}

function verifyMlDsa44(tally: Tally, folder: string): void {
  const groups = groupsOf<{ publicKey: string }, Signed>(folder, 'mldsa_44_verify');
  for (const { publicKey, tests } of groups) {
    for (const test of tests) {
      checkMlDsa44(tally, 'mldsa_44_verify', hexBytes(publicKey), test);
    }
  }
}

/** The key a seed makes, a signature of ours under it, and the one the vectors give. */
async function signMlDsa44(tally: Tally, folder: string): Promise<void> {
  const name = 'mldsa_44_sign_seed';
  const groups = groupsOf<{ privateSeed: string; publicKey: string | null }, Signed>(folder, name);
  for (const { privateSeed, publicKey, tests } of groups) {
    const seed = hexBytes(privateSeed);
    for (const test of tests) {
      if (publicKey === null) {
        check(tally, `${name} ${test.tcId} key`, keyFrom(seed) === undefined);
        continue;
      }
      const key = keyFrom(seed);
      const ours = key?.publicKey.ml_dsa_44 ?? '';
      const isSameKey = ours === Buffer.from(hexBytes(publicKey)).toString('base64');
      check(tally, `${name} ${test.tcId} key`, isSameKey);
      if (test.msg === undefined) continue;
      checkMlDsa44(tally, name, hexBytes(publicKey), test);
      if (key === undefined || test.result === 'invalid') continue;
      const signature = await signMlDsa44RawAsync(key, hexBytes(test.msg));
      const signed = { ...test, sig: Buffer.from(signature).toString('hex'), ctx: '' };
      checkMlDsa44(tally, `${name} ours`, hexBytes(publicKey), signed);
    }
  }
}

/** Signatures made from expanded private keys, which nothing here imports: verified only. */
function verifyNoSeed(tally: Tally, folder: string): void {
  const name = 'mldsa_44_sign_noseed';
  let unused = 0;
  for (const { publicKey, tests } of groupsOf<{ publicKey: string | null }, Signed>(folder, name)) {
    for (const test of tests) {
      const isAboutSignature = publicKey && test.msg !== undefined && test.result === 'valid';
      if (isAboutSignature) checkMlDsa44(tally, name, hexBytes(publicKey), test);
      else unused += 1;
    }
  }
  if (unused > 0) tally.skipped.push(`${name}: ${unused} cases about expanded private keys`);
}

function checkMlDsa44(tally: Tally, name: string, key: Uint8Array, test: Case & Signed): void {
  const { message, signature, context } = partsOf(test);
  for (const [platform, { mlDsa44Verify }] of Object.entries(PLATFORMS)) {
    const isHeld = mlDsa44Verify(key, message, signature, context);
    check(tally, `${name} ${test.tcId} ${platform}`, isHeld === (test.result === 'valid'));
  }
}

function openSealed(tally: Tally, folder: string): void {
  const groups = groupsOf<{ ivSize: number }, Sealed>(folder, 'xchacha20_poly1305');
  for (const { tests } of groups) {
    for (const test of tests) {
      const isValid = test.result === 'valid';
      check(tally, `xchacha20_poly1305 ${test.tcId} open`, opens(test) === isValid);
      if (isValid) check(tally, `xchacha20_poly1305 ${test.tcId} seal`, seals(test));
    }
  }
}

function opens(test: Sealed): boolean {
  try {
    const opened = openAead(contextOf(test), hexBytes(test.ct + test.tag));
    return opened !== undefined && Buffer.compare(opened, hexBytes(test.msg)) === 0;
  } catch {
    // A nonce of another length is a bug of the caller, hence a crash: it opens nothing.
    return false;
  }
}

function seals(test: Sealed): boolean {
  const sealed = sealAead(contextOf(test), hexBytes(test.msg));
  return Buffer.compare(sealed, hexBytes(test.ct + test.tag)) === 0;
}

function contextOf(test: Sealed): Parameters<typeof openAead>[0] {
  return {
    key: hexBytes(test.key),
    nonce: hexBytes(test.iv),
    associatedData: hexBytes(test.aad),
  };
}

function keyFrom(seed: Uint8Array): ReturnType<typeof generateHybridKey> | undefined {
  try {
    return generateHybridKey({ ed25519: new Uint8Array(32), mlDsa44: seed });
  } catch {
    return undefined;
  }
}

function partsOf(test: Signed): Record<'message' | 'signature' | 'context', Uint8Array> {
  return {
    message: hexBytes(test.msg ?? ''),
    signature: hexBytes(test.sig),
    context: hexBytes(test.ctx ?? ''),
  };
}
