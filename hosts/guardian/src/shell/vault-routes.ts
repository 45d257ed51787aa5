import type { VaultDesk } from '@ioi/guardian/shell';
import { good, type Handler, refused } from './answers.ts';

export type VaultServing = { readonly vaultDesk: VaultDesk };

/** The owner's secrets: none of these answers holds one. */
export function vaultRoutes({ vaultDesk }: VaultServing): Record<string, Handler> {
  return {
    'GET /vault': () => good({ items: vaultDesk.items() }),
    'POST /vault/put': async ({ passphrase, ...given }) => {
      const put = await vaultDesk.put(given, String(passphrase));
      return put.ok ? good({ item: put.value }) : refused(put.error);
    },
    'POST /vault/remove': async ({ passphrase, name }) => {
      const removed = await vaultDesk.remove(String(name), String(passphrase));
      return removed.ok ? good({ item: removed.value }) : refused(removed.error);
    },
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
