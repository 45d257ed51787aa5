/** Of this tab alone, over reloads: no other port of this machine is ever sent it. */
const KEPT = 'workbench-session';
/** What the door asks for with every question; a page of another origin cannot send it. */
const HEADER = 'x-ioi-workbench';
/** And where decisions are taken, as the command line knows it from the guardian. */
const LINK = /^#key=([0-9a-f]+)(?:&decide=(http:\/\/localhost:[0-9]{1,5}))?$/;
const DECIDE = 'workbench-decide';

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
  if (decide !== undefined) sessionStorage.setItem(DECIDE, decide);
}

/** The origin of the guardian's page; undefined where the link named none. */
export function decidingOrigin(): string | undefined {
  return sessionStorage.getItem(DECIDE) ?? undefined;
}

type Asking = {
  readonly headers?: Readonly<Record<string, string>>;
  readonly signal?: AbortSignal | undefined;
};

/** Asks the node as the one who was let in. Throws where nothing answers. */
export function ask(path: string, { headers = {}, signal }: Asking = {}) {
  const session = sessionStorage.getItem(KEPT) ?? '';
  const own = { headers: { ...headers, [HEADER]: session } };
  return fetch(path, signal === undefined ? own : { ...own, signal });
}

/** Orders what needs no more words than its address. */
export function tell(path: string) {
  const session = sessionStorage.getItem(KEPT) ?? '';
  return fetch(path, { method: 'POST', headers: { [HEADER]: session } });
}

type Sent = {
  readonly method: 'POST' | 'PUT';
  readonly text: string;
  readonly headers?: Readonly<Record<string, string>>;
};

/** Brings the node a text of JSON. */
export function send(path: string, { method, text, headers = {} }: Sent) {
  const session = sessionStorage.getItem(KEPT) ?? '';
  const own = { ...headers, [HEADER]: session, 'content-type': 'application/json' };
  return fetch(path, { method, body: text, headers: own });
}
