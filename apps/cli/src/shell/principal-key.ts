import { readFileSync, writeFileSync } from 'node:fs';
import { type HybridPublicKey, keyId } from '@ioi/crypto';
import { generateHybridKey, type HybridKey, openKeyFile, sealKeyFile } from '@ioi/crypto/shell';
import type { PrincipalKey } from '@ioi/protocol';
import type { Context, Options } from './context.ts';
import { textOption } from './context.ts';
import { CommandFault, messageOf, usageFault } from './fault.ts';
import { choosePassphrase, readPassphrase } from './prompt.ts';

/** Makes a key file that only its passphrase opens; never over another file. */
export async function makeKeyFile(context: Context, path: string, options: Options) {
  const source = { passphraseFile: textOption(options, 'passphraseFile') };
  const passphrase = await choosePassphrase(source, context.output);
  const key = generateHybridKey();
  const text = await sealKeyFile(key, passphrase);
  try {
    writeFileSync(path, text, { mode: 0o600, flag: 'wx' });
  } catch (fault) {
    throw usageFault(`the key file was not written: ${messageOf(fault)}`);
  }
  return key.publicKey;
}

/** The public half of a key file, which stands there in the clear. */
export function publicKeyIn(path: string): HybridPublicKey {
  try {
    const { public_key: key } = JSON.parse(textIn(path)) as { public_key?: HybridPublicKey };
    if (key?.algorithm === 'hybrid-ed25519-ml-dsa-44') return { ...key };
  } catch (fault) {
    if (fault instanceof CommandFault) throw fault;
  }
  throw usageFault(`${path} is no key file`, 'ioi domain key new FILE');
}

export function keyIdOf(key: PrincipalKey): string {
  return keyId(key);
}

/** The key itself, with the passphrase from a file or the person at the terminal. */
export async function openKey(
  context: Context,
  path: string,
  options: Options,
): Promise<HybridKey> {
  const text = textIn(path);
  const source = { passphraseFile: textOption(options, 'passphraseFile') };
  const opened = await openKeyFile(text, await readPassphrase(source, context.output));
  if (opened.ok) return opened.value;
  const { code, message } = opened.error;
  const exit = code === 'keyfile.wrong_passphrase' ? 'authority' : 'usage';
  throw new CommandFault({ exit, code, message, next: 'ioi domain key new FILE' });
}

function textIn(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (fault) {
    throw usageFault(`the key file cannot be read: ${messageOf(fault)}`, 'ioi domain key new FILE');
  }
}
