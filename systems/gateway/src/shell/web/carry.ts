import type { Result } from '@ioi/basis';
import type { CancelSignal, ReplyHead, ReplySink } from '@ioi/protocol';
import { type Head, isRead } from '../../core/web/admit.ts';
import type { WebRefusal } from '../../core/web/web-act.ts';
import type { WebAnswer, WebBackend } from './backend.ts';
import type { Body, Held } from './read-body.ts';
import type { PushReader } from './read-push.ts';
import type { Spool } from './spool-share.ts';

/** What reads pushes is the same for all doors of a node; each has a share of the spool. */
export type Reading = { readonly pushes: PushReader; readonly spool: Spool };

export type Carrying = {
  readonly backend: WebBackend;
  readonly reading: Reading;
  readonly held: Held;
};

/** A request whose head was admitted, however it came. */
export type Asked = {
  readonly head: Head;
  readonly body: () => Promise<Result<Body, WebRefusal>>;
  readonly reply: { begin(head: ReplyHead): ReplySink; finish(answer: WebAnswer): void };
  readonly signal: CancelSignal & AbortSignal;
};

/** Makes it an act, and has it answered; gives back why it became none. */
export async function carry(
  { head, body: readAll, reply, signal }: Asked,
  carrying: Carrying,
): Promise<WebRefusal | undefined> {
  const { backend, reading } = carrying;
  const { hostname, port } = placeIn(head.url);
  if (!backend.reaches(hostname, port)) return notNamed(hostname, port);
  const body = await readAll();
  if (!body.ok) return body.error;
  try {
    const sent = { ...head, ...body.value };
    if (isRead(head.method) && (sent.body !== undefined || sent.large !== undefined)) {
      return { code: 'web.read_with_body', message: `${head.method} with a body sends something` };
    }
    const git = await reading.pushes.read(sent, signal);
    if (!git.ok) return git.error;
    const act = git.value === undefined ? sent : { ...sent, git: git.value };
    const onReply = (begun: ReplyHead): ReplySink => reply.begin(begun);
    reply.finish(await backend.act(act, { signal, onReply }));
    return undefined;
  } finally {
    giveBack(body.value, carrying);
  }
}

/** The room that a body took up. */
export function giveBack({ body, large }: Body, { held, reading: { spool } }: Carrying): void {
  held.bytes -= body?.length ?? 0;
  if (large !== undefined) spool.release(large.digest);
}

export function placeIn(url: string): { readonly hostname: string; readonly port: number } {
  const { hostname, port, protocol } = new URL(url);
  return { hostname, port: port === '' ? (protocol === 'https:' ? 443 : 80) : Number(port) };
}

export function notNamed(host: string, port: number): WebRefusal {
  const message = `${host}:${port} is not among the hosts this program was started with`;
  return { code: 'web.host_not_named', message };
}

const STATUS: { readonly [code in WebRefusal['code']]?: number } = {
  'web.malformed': 400,
  'web.smuggling': 400,
  'web.headers_too_large': 431,
  'web.body_too_large': 413,
  'web.host_mismatch': 421,
  'web.method_unknown': 405,
  'web.upgrade_refused': 403,
  'web.too_many': 503,
  'web.bodies_full': 507,
  'web.bodies_share': 507,
};

export function statusOf(code: WebRefusal['code']): number {
  return STATUS[code] ?? 403;
}
