import type { UnlockDesk } from '@ioi/guardian/shell';
import { good, refused } from './answers.ts';
import { act, type PageAct } from './page-acts.ts';

/**
 * The vault on the page, of this machine alone: by what the PRF of a passkey gives. Adding one
 * takes the owner's passphrase; locking takes nothing.
 */
export function vaultActs(desk: UnlockDesk): Record<string, PageAct> {
  return {
    '/api/vault': act(() => good(shown(desk))),
    '/api/vault/passkey': act(async (_, { passphrase, label, key, credential_id }) => {
      const added = await desk.addPasskey({ passphrase, label, key, credential_id });
      return added.ok ? good({}) : refused(added.error);
    }),
    '/api/vault/unlock': act(async (_, { key, for_ms }) => {
      const unlocked = await desk.unlock({ unlocker: 'passkey', key, for_ms });
      return unlocked.ok ? good({}) : refused(unlocked.error);
    }),
    '/api/vault/lock': act(async () => {
      await desk.close();
      return good({});
    }),
  };
}

function shown(desk: UnlockDesk): object {
  const { state, until, refusal, prf_salt, unlockers } = desk.status();
  const passkeys = unlockers.filter(({ kind }) => kind === 'passkey');
  return {
    state,
    ...(until === undefined ? {} : { until }),
    ...(refusal === undefined ? {} : { refusal: refusal.message }),
    prf_salt,
    passkeys: passkeys.map(({ id, label, credential_id }) => ({ id, label, credential_id })),
  };
}
