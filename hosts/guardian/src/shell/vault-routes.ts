import type { Result } from '@ioi/basis';
import type { Refusal } from '@ioi/guardian';
import type { UnlockDesk, VaultDesk } from '@ioi/guardian/shell';
import { good, type Handler, refused } from './answers.ts';

export type VaultServing = { readonly vaultDesk: VaultDesk; readonly unlockDesk: UnlockDesk };

/** The owner's secrets: none of these answers holds one. */
export function vaultRoutes({ vaultDesk, unlockDesk }: VaultServing): Record<string, Handler> {
  return {
    ...unlockRoutes(unlockDesk),
    'GET /vault': () => good({ items: vaultDesk.items(), vault: unlockDesk.status() }),
    'POST /vault/put': async ({ passphrase, ...given }) => {
      const put = await vaultDesk.put(given, String(passphrase));
      return put.ok ? good({ item: put.value }) : refused(put.error);
    },
    'POST /vault/derive': async ({ passphrase, ...given }) => {
      const put = await vaultDesk.derive(given, String(passphrase));
      return put.ok ? good({ item: put.value }) : refused(put.error);
    },
    'POST /vault/remove': async ({ passphrase, name }) => {
      const removed = await vaultDesk.remove(String(name), String(passphrase));
      return removed.ok ? good({ item: removed.value }) : refused(removed.error);
    },
    'POST /vault/revive': async ({ passphrase, name, version }) => {
      const about = [String(name), Number(version)] as const;
      const revived = await vaultDesk.revive(...about, String(passphrase));
      return revived.ok ? good({ item: revived.value }) : refused(revived.error);
    },
    'POST /vault/history': ({ name }) => good({ versions: vaultDesk.history(String(name)) }),
    'POST /vault/uses': ({ after }) => good({ uses: vaultDesk.uses(Number(after ?? 0)) }),
    'POST /vault/login': async ({ passphrase, ...given }) => {
      const begun = await vaultDesk.login(given, String(passphrase));
      return begun.ok ? good({ authorization_url: begun.value }) : refused(begun.error);
    },
    'POST /vault/login/wait': async ({ server }) => {
      const done = await vaultDesk.followLogin({ kind: 'login_wait', server: String(server) });
      return done.ok ? good({}) : refused(done.error);
    },
    'POST /vault/login/finish': async ({ server, callback }) => {
      const about = { server: String(server), callback: String(callback) };
      const done = await vaultDesk.followLogin({ kind: 'login_finish', ...about });
      return done.ok ? good({}) : refused(done.error);
    },
  };
}

/** By what the vault is opened, and whether it is. */
function unlockRoutes(desk: UnlockDesk): Record<string, Handler> {
  const told = (done: Result<object, Refusal>) =>
    done.ok ? good(done.value) : refused(done.error);
  return {
    'POST /vault/unlock': async (body) => told(await desk.unlock(body)),
    'POST /vault/lock': async () => good(await desk.close()),
    'POST /vault/unattended': async (body) => told(await desk.setUnattended(body)),
    'POST /vault/passkey': async (body) => told(await desk.addPasskey(body)),
    'POST /vault/unlocker/remove': async ({ id, passphrase }) =>
      told(await desk.removeUnlocker(String(id), String(passphrase))),
    'POST /vault/rekey': async ({ passphrase }) => told(await desk.rekey(String(passphrase))),
    'POST /vault/adopt': async ({ passphrase }) => told(await desk.adopt(String(passphrase))),
    'POST /vault/aside': async ({ passphrase }) => told(await desk.setAside(String(passphrase))),
  };
}
