import { createHash, createPublicKey, verify } from 'node:crypto';
import { createReadStream, existsSync, readFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { type HybridPublicKey, keyId } from '@ioi/crypto';
import { CommandFault, messageOf, usageFault } from '../shell/fault.ts';

/** Who says that a package is what it should be. */
export type Vouched = {
  readonly sha256: string;
  readonly by: 'key' | 'sums' | 'nobody';
};

const SUMS = 'SHA256SUMS';

/** A key in a file: `release-key.json`, or a key file, whose public half is in the clear. */
export function releaseKeyIn(path: string): HybridPublicKey {
  try {
    const said = JSON.parse(readFileSync(path, 'utf8')) as { public_key?: HybridPublicKey };
    const { algorithm, ed25519, ml_dsa_44 } = said.public_key ?? (said as HybridPublicKey);
    if (algorithm === 'hybrid-ed25519-ml-dsa-44') {
      return { algorithm, ed25519: String(ed25519), ml_dsa_44: String(ml_dsa_44) };
    }
  } catch (fault) {
    throw usageFault(`${path} is no release key: ${messageOf(fault)}`);
  }
  throw usageFault(`${path} is no release key`, 'release-key.json, as it came another way');
}

/** Checks a package against what lies beside it, and that against the key, where there is one. */
export async function checkPackage(
  file: string,
  key: HybridPublicKey | undefined,
): Promise<Vouched> {
  const sha256 = await digestOfFile(file);
  const sumsPath = join(dirname(file), SUMS);
  if (!existsSync(sumsPath)) {
    if (key === undefined) return { sha256, by: 'nobody' };
    throw refused('upgrade.not_signed', `there is no ${SUMS} beside ${file}`);
  }
  const sums = readFileSync(sumsPath);
  if (key !== undefined) checkSignatures(sumsPath, sums, key);
  const listed = sumOf(sums.toString('utf8'), basename(file));
  if (listed === undefined) {
    throw refused('upgrade.not_listed', `${sumsPath} does not name ${basename(file)}`);
  }
  if (listed !== sha256) {
    throw refused('upgrade.wrong_digest', `${file} is not the file that ${sumsPath} names`);
  }
  return { sha256, by: key === undefined ? 'sums' : 'key' };
}

function sumOf(sums: string, file: string): string | undefined {
  const lines = sums.split('\n').map((line) => /^([0-9a-f]{64}) [ *](.+)$/.exec(line));
  return lines.find((line) => line?.[2] === file)?.[1];
}

/** Both halves, over the same bytes: neither alone is one. */
function checkSignatures(sumsPath: string, sums: Buffer, key: HybridPublicKey): void {
  const halves = [
    { kind: 'ed25519', raw: key.ed25519, file: `${sumsPath}.ed25519` },
    { kind: 'ml-dsa-44', raw: key.ml_dsa_44, file: `${sumsPath}.mldsa44` },
  ] as const;
  for (const { kind, raw, file } of halves) {
    if (!existsSync(file)) throw refused('upgrade.not_signed', `there is no ${file}`);
    if (isSigned(sums, { kind, raw, signature: readFileSync(file) })) continue;
    const message = `${file} is not signed by the release key ${keyId(key)}`;
    throw refused('upgrade.bad_signature', message);
  }
}

type Half = {
  readonly kind: 'ed25519' | 'ml-dsa-44';
  readonly raw: string;
  readonly signature: Buffer;
};

function isSigned(bytes: Buffer, { kind, raw, signature }: Half): boolean {
  try {
    const key = createPublicKey({
      key: Buffer.from(raw, 'base64'),
      format: 'raw-public',
      asymmetricKeyType: kind,
    });
    return verify(null, bytes, key, signature);
  } catch {
    // A key or signature of another size verifies nothing.
    return false;
  }
}

async function digestOfFile(file: string): Promise<string> {
  const digest = createHash('sha256');
  try {
    await pipeline(createReadStream(file), digest);
  } catch (fault) {
    throw usageFault(`${file} cannot be read: ${messageOf(fault)}`);
  }
  return digest.digest('hex');
}

export function refused(code: string, message: string): CommandFault {
  const said = `nothing was installed: ${message}`;
  return new CommandFault({ exit: 'unverified', code, message: said });
}
