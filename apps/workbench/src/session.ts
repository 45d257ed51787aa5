import type { Problem, RoleSessionOpened, SignInBegun } from '@ioi/protocol';

/** Of this tab alone, over reloads: no other port of this machine is ever sent it. */
const KEPT = 'workbench-session';
/** What the door asks for with every question; a page of another origin cannot send it. */
const HEADER = 'x-ioi-workbench';
/** And where decisions are taken, as the command line knows it from the guardian. */
const LINK = /^#key=([0-9a-f]+)(?:&decide=(http:\/\/localhost:[0-9]{1,5}))?$/;
const DECIDE = 'workbench-decide';
/** Of whoever signed in at the provider of the organisation, and of who is on the way there. */
const ROLE = 'workbench-role';
const ROLE_HEADER = 'x-ioi-role-session';
const SIGN_IN = 'workbench-sign-in';
const RETURN = '/signed-in';
/** Why the last one who came back was not let in. */
const REFUSED = 'workbench-refused';
/** As RFC 6749 (4.1.2.1) and OpenID Connect name them. */
const PROVIDER_ERROR = /^[a-z_]{1,64}$/;

/** Whether the address holds the secret of a link. */
export function hasLink(): boolean {
  return LINK.test(location.hash);
}

/** Uses up the link in the address, if there is one: from then on this tab may read. */
export async function enter(): Promise<void> {
  const [, key, decide] = LINK.exec(location.hash) ?? [];
  if (key === undefined) return;
  history.replaceState(null, '', location.pathname);
  const answer = await fetch('/visit', { method: 'POST', body: key }).catch(() => undefined);
  if (answer?.ok !== true) return;
  sessionStorage.setItem(KEPT, await answer.text());
  sessionStorage.removeItem(ROLE);
  sessionStorage.removeItem(REFUSED);
  if (decide !== undefined) sessionStorage.setItem(DECIDE, decide);
}

/** The origin of the guardian's page; undefined where the link named none. */
export function decidingOrigin(): string | undefined {
  return sessionStorage.getItem(DECIDE) ?? undefined;
}

const NOT_LET_IN: Problem = {
  type: 'about:blank',
  status: 401,
  code: 'workbench.no_visit',
  title: 'no link let it in, and nobody signed in',
};

type Asking = {
  readonly headers?: Readonly<Record<string, string>>;
  readonly signal?: AbortSignal | undefined;
};

/**
 * Asks the node as the one who was let in. Throws where nothing answers. Whom nothing lets in is
 * answered here, as the node would: a browser notes each refusal of it as an error of the page.
 */
export function ask(path: string, { headers = {}, signal }: Asking = {}): Promise<Response> {
  if (!isLetIn()) return Promise.resolve(Response.json(NOT_LET_IN, { status: NOT_LET_IN.status }));
  const own = { headers: { ...headers, ...shown() } };
  return fetch(path, signal === undefined ? own : { ...own, signal });
}

/** Orders what needs no more words than its address. */
export function tell(path: string) {
  return fetch(path, { method: 'POST', headers: shown() });
}

type Sent = {
  readonly method: 'POST' | 'PUT';
  readonly text: string;
  readonly headers?: Readonly<Record<string, string>>;
};

/** Brings the node a text of JSON. */
export function send(path: string, { method, text, headers = {} }: Sent) {
  const own = { ...headers, ...shown(), 'content-type': 'application/json' };
  return fetch(path, { method, body: text, headers: own });
}

/** Who this tab is to the node: whoever signed in, else whom a link let in. */
function shown(): Readonly<Record<string, string>> {
  const role = sessionStorage.getItem(ROLE);
  if (role !== null) return { [ROLE_HEADER]: role };
  return { [HEADER]: sessionStorage.getItem(KEPT) ?? '' };
}

function isLetIn(): boolean {
  return sessionStorage.getItem(ROLE) !== null || sessionStorage.getItem(KEPT) !== null;
}

/** To the provider; what comes back is worth nothing to another tab. */
export async function beginSignIn(): Promise<void> {
  const redirect_uri = `${location.origin}${RETURN}`;
  const { sign_in, url } = await posted<SignInBegun>('/v1/sign-ins', { redirect_uri });
  sessionStorage.setItem(SIGN_IN, sign_in);
  location.assign(url);
}

/** Uses up what the provider sent this tab back with, if anything: from then on it has a role. */
export async function comeBack(): Promise<void> {
  const sign_in = sessionStorage.getItem(SIGN_IN);
  const { state, code, iss, error } = Object.fromEntries(new URLSearchParams(location.search));
  if (location.pathname !== RETURN) return;
  history.replaceState(null, '', '/');
  sessionStorage.removeItem(SIGN_IN);
  sessionStorage.removeItem(REFUSED);
  if (sign_in === null || state === undefined) return;
  // Words of whoever made up the address are none of the provider's.
  if (error !== undefined && PROVIDER_ERROR.test(error)) {
    sessionStorage.setItem(REFUSED, `the provider let nobody in: ${error}`);
  }
  if (code === undefined) return;
  const returned = { sign_in, state, code, ...(iss === undefined ? {} : { iss }) };
  await posted<RoleSessionOpened>('/v1/role-session', returned).then(
    ({ token }) => sessionStorage.setItem(ROLE, token),
    ({ message }: Error) => sessionStorage.setItem(REFUSED, message),
  );
}

/** What the node said to the last one who came back and was not let in. */
export function refusedBecause(): string | undefined {
  return sessionStorage.getItem(REFUSED) ?? undefined;
}

export async function signOut(): Promise<void> {
  await fetch('/v1/role-session', { method: 'DELETE', headers: shown() }).catch(() => undefined);
  sessionStorage.removeItem(ROLE);
}

/** Throws the problem the node answers with. */
async function posted<T>(path: string, body: object): Promise<T> {
  const headers = { 'content-type': 'application/json' };
  const text = JSON.stringify(body);
  const answer = await fetch(path, { method: 'POST', headers, body: text });
  if (answer.ok) return (await answer.json()) as T;
  const { title } = (await answer.json()) as Problem;
  throw new Error(title);
}
