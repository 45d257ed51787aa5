import type { PagePlace } from '@ioi/guardian';
import type { PageSessions, TokenDesk } from '@ioi/guardian/shell';
import { good, type Handler, refused } from './answers.ts';

export type PageRoutesServing = {
  readonly tokens: TokenDesk;
  readonly sessions: PageSessions;
  /** Absent where the supervisor opened no page. */
  readonly place: PagePlace | undefined;
};

/** What the command line asks about the page: a way in, which approves nothing by itself. */
export function pageRoutes(serving: PageRoutesServing): Record<string, Handler> {
  const { tokens, sessions, place } = serving;
  return {
    'GET /approvers': () => {
      const { factors = [], levels = [], rules } = tokens.approvers() ?? {};
      const origin = place === undefined ? {} : { origin: place.origin };
      return good({ factors, levels, ...(rules ? { rules } : {}), ...origin });
    },
    'POST /page/launch': () => {
      if (place === undefined) {
        return refused({ code: 'page.none', message: 'this node was started without its page' });
      }
      return good({ url: `${place.origin}/#launch=${sessions.launch()}` });
    },
  };
}
