import { randomBytes } from 'node:crypto';
import { renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { quoted } from '../../core/next-steps.ts';
import type { Command } from '../../shell/context.ts';
import { usageFault } from '../../shell/fault.ts';
import { clearKeyring, replaceInKeyring } from '../../shell/system-keyring.ts';
import { CREDENTIAL, sealSystemdCredential } from '../../shell/systemd-credential.ts';
import { vaultOf } from '../../shell/vault-of.ts';
import { ownerPassphrase } from '../../shell/waiting.ts';
import { sayUnlockers } from './vault.ts';

const KEY_BYTES = 32;

const DONE: Readonly<Record<string, string>> = {
  off: 'after its next start the node waits for: ioi wallet unlock',
  file: 'the vault opens by itself, by what lies beside it: theft of the disk reveals all of it',
  keyring: 'the vault opens by itself, by a key in the keyring of this system',
  systemd: 'the vault opens by itself where systemd gives the node its key',
};

/** `ioi wallet unattended off|file|systemd|keyring` */
export const walletUnattended: Command = async (context, [mode = ''], options) => {
  const done = Object.hasOwn(DONE, mode) ? DONE[mode] : undefined;
  if (done === undefined) throw usageFault('it is one of: off, file, systemd, keyring');
  const vault = vaultOf(context);
  const { vault_id: id, unattended: before } = await vault.status();
  const passphrase = await ownerPassphrase(context, options);
  const key = randomBytes(KEY_BYTES).toString('base64');
  const credential = join(context.home.folder, `${CREDENTIAL}.cred`);
  const kept = mode === 'keyring' || mode === 'systemd' ? key : undefined;
  if (mode === 'systemd') await sealSystemdCredential(`${credential}.new`, key);
  const undo = mode === 'keyring' ? await replaceInKeyring(id, key) : async () => {};
  const left = await vault.setUnattended(mode, passphrase, kept).catch(async (fault) => {
    await undo();
    rmSync(`${credential}.new`, { force: true });
    throw fault;
  });
  if (mode === 'systemd') renameSync(`${credential}.new`, credential);
  else rmSync(credential, { force: true });
  if (before === 'keyring' && mode !== 'keyring') await clearKeyring(id);
  sayUnlockers(context, left, done);
  if (mode === 'systemd') {
    context.output.note('in the [Service] section of the unit that runs `ioi up`:');
    context.output.note(`  LoadCredentialEncrypted=${CREDENTIAL}:${quoted(credential)}`);
  }
  return undefined;
};
