import { messageOf } from '../shell/fault.ts';
import type { Sockets } from '../shell/home.ts';
import { readKeyring } from '../shell/system-keyring.ts';
import { readSystemdCredential } from '../shell/systemd-credential.ts';
import { VaultApi } from '../shell/vault-api.ts';

type Opening = {
  readonly sockets: Sockets;
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly say: (line: string) => void;
};

/**
 * Brings the guardian what keeps the vault's key outside of its folder, where the owner set that
 * up. The node runs all the same where it is not there: then the vault stays locked.
 */
export async function openVault({ sockets, environment, say }: Opening): Promise<void> {
  try {
    const vault = new VaultApi(sockets);
    const { state, unattended, vault_id: id } = await vault.status();
    if (state !== 'locked' || unattended === 'file' || unattended === 'off') return;
    const key =
      unattended === 'keyring'
        ? await readKeyring(id)
        : readSystemdCredential(environment['CREDENTIALS_DIRECTORY']);
    await vault.unlock({ unlocker: unattended, key });
  } catch (fault) {
    say(`the vault stays locked: ${messageOf(fault)}`);
  }
}
