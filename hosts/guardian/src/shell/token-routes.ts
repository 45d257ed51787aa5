import type { TokenDesk } from '@ioi/guardian/shell';
import { good, type Handler, refused } from './answers.ts';

/** What a group signs together elsewhere: it is handed out, and comes back signed. */
export function tokenRoutes(tokens: TokenDesk): Record<string, Handler> {
  return {
    'POST /approve/draft': ({ request_hash }) => {
      const draft = tokens.draftForGroup(String(request_hash));
      return draft.ok ? good(draft.value) : refused(draft.error);
    },
    'POST /approve/signed': ({ draft, signature }) => {
      const signed = tokens.signForGroup(draft, signature);
      return signed.ok ? good(signed.value) : refused(signed.error);
    },
  };
}
