import type { PagePlace, Registration } from '@ioi/guardian';
import type {
  GivenAssertion,
  Opened,
  PageDesk,
  PageSession,
  PageSessions,
  Shown,
  SignInDesk,
} from '@ioi/guardian/shell';
import { type Answer, good, refused } from './answers.ts';
import { changesIn, NO_SPAN, NOT_CHANGES, spanIn } from './edit-routes.ts';
import { cookieName } from './page-server.ts';

type Body = Readonly<Record<string, unknown>>;

export type PageAct =
  | { readonly kind: 'begin'; readonly run: (body: Body) => Answer }
  | {
      readonly kind: 'act';
      readonly run: (session: PageSession, body: Body) => Answer | Promise<Answer>;
      /** When a browser without a session asks for it. */
      readonly stray?: (body: Body) => void;
    };

export type Acting = {
  readonly place: PagePlace;
  readonly sessions: PageSessions;
  readonly desk: PageDesk;
};

const LONGEST_REASON = 1024;
const LONGEST_LABEL = 64;

/** What the page may ask, by path. All are POST of JSON; all that decide say who decides. */
export function pageActs({ place, sessions, desk }: Acting): Record<string, PageAct> {
  return {
    '/api/begin': { kind: 'begin', run: ({ launch }) => begin(String(launch), place, sessions) },
    '/api/inbox': act(async (session) => good(await desk.inbox(session))),
    '/api/challenge': act((session, { request_hash, match }) => {
      const code = typeof match === 'string' ? match : undefined;
      const challenge = desk.challenge(session, String(request_hash), code);
      return challenge.ok ? good(challenge.value) : refused(challenge.error);
    }),
    '/api/approve': act(async (session, { request_hash, ...body }) => {
      const signed = await desk.approve(session, String(request_hash), shownIn(body));
      return signed.ok ? good(signed.value) : refused(signed.error);
    }),
    '/api/deny': act(async (session, { request_hash, reason, ...body }) => {
      const about = { ...shownIn(body), reason: textOf(reason, LONGEST_REASON) };
      const denied = await desk.deny(session, String(request_hash), about);
      return denied.ok ? good({ denied: String(request_hash) }) : refused(denied.error);
    }),
    '/api/params': act((_, { request_hash }) => {
      const params = desk.params(String(request_hash));
      return params.ok ? good(params.value) : refused(params.error);
    }),
    '/api/edit': act(async (session, { request_hash, changes: given, ...body }) => {
      const changes = changesIn(given);
      if (changes === undefined) return refused(NOT_CHANGES);
      const { passphrase } = shownIn(body);
      const edited = await desk.edit(session, String(request_hash), { changes, passphrase });
      return edited.ok ? good(edited.value) : refused(edited.error);
    }),
    '/api/extend': act(async (session, { request_hash, more_ms, ...body }) => {
      const moreMs = spanIn(more_ms);
      if (moreMs === undefined) return refused(NO_SPAN);
      const { passphrase } = shownIn(body);
      const extended = await desk.extend(session, String(request_hash), { moreMs, passphrase });
      return extended.ok ? good(extended.value) : refused(extended.error);
    }),
    '/api/unlock/challenge': act((session) => {
      const challenge = desk.unlocking(session);
      return challenge.ok ? good(challenge.value) : refused(challenge.error);
    }),
    '/api/unlock': act(async (session, body) => {
      const unlocked = await desk.unlock(session, shownIn(body));
      return unlocked.ok ? good({}) : refused(unlocked.error);
    }),
    '/api/lock': act((session) => {
      desk.lock(session);
      return good({});
    }),
    '/api/passkey/challenge': act((session, { label, acts_as }) => {
      const named = textOf(label, LONGEST_LABEL).trim() || 'passkey';
      const agents = Array.isArray(acts_as) ? acts_as.map(String) : [];
      return good(desk.registering(session, named, agents));
    }),
    '/api/passkey': act(async (session, { passphrase, ...body }) => {
      const registration = registrationIn(body);
      const enrolled = await desk.register(session, registration, String(passphrase));
      return enrolled.ok ? good(enrolled.value) : refused(enrolled.error);
    }),
  };
}

/** On this machine alone: other devices are signed in by their passkey. */
export function signInActs(signIns: SignInDesk): Record<string, PageAct> {
  return {
    '/api/sign-in/begin': act((session, { factor_id }) => {
      const begun = signIns.begin(session, String(factor_id));
      return begun.ok ? good(begun.value) : refused(begun.error);
    }),
    '/api/sign-in/finish': {
      kind: 'act',
      run: async (session, { state, code, iss }) => {
        const issuer = typeof iss === 'string' ? iss : undefined;
        const returned = { state: String(state), code: String(code), iss: issuer };
        const unlocked = await signIns.finish(session, returned);
        return unlocked.ok ? good({}) : refused(unlocked.error);
      },
      stray: ({ state }) => signIns.abandon(String(state)),
    },
  };
}

/** What takes a session. */
export function act(
  run: (session: PageSession, body: Body) => Answer | Promise<Answer>,
): Extract<PageAct, { kind: 'act' }> {
  return { kind: 'act', run };
}

function begin(launch: string, place: PagePlace, sessions: PageSessions): Answer {
  const opened = sessions.begin(launch, place);
  if (!opened.ok) return { ...refused(opened.error), status: 401 };
  return told(place, opened.value);
}

/** One secret as a cookie, the other for the page alone. */
export function told(place: PagePlace, { cookie, ...page }: Opened): Answer {
  const secure = place.isDevice ? '; Secure' : '';
  const text = `${cookieName(place)}=${cookie}; Path=/; HttpOnly; SameSite=Strict${secure}`;
  return { ...good(page), headers: { 'set-cookie': text } };
}

function shownIn({ passphrase, assertion }: Body): Shown {
  const isGiven = typeof assertion === 'object' && assertion !== null;
  return {
    passphrase: typeof passphrase === 'string' ? passphrase : undefined,
    assertion: isGiven ? assertionIn(assertion as Body) : undefined,
  };
}

export function assertionIn(given: Body): GivenAssertion {
  return {
    credential_id: String(given['credential_id']),
    authenticator_data: String(given['authenticator_data']),
    client_data: String(given['client_data']),
    signature: String(given['signature']),
  };
}

export function registrationIn({ transports, ...given }: Body): Registration {
  return {
    client_data: String(given['client_data']),
    authenticator_data: String(given['authenticator_data']),
    transports: Array.isArray(transports) ? transports.map(String) : [],
  };
}

function textOf(value: unknown, most: number): string {
  return typeof value === 'string' ? value.slice(0, most).toWellFormed() : '';
}
