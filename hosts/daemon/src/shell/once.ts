import { digestBytes } from '@ioi/canon';
import type { Context, Hono, MiddlewareHandler } from 'hono';
import { problem } from './problem.ts';
import { ROLE_HEADER } from './roles/caller.ts';

/** What is not done twice for one Idempotency-Key; whatever else there is may be repeated. */
const ONCE: readonly string[] = [
  '/v1/policy/bundle',
  '/v1/wallet/requests',
  '/v1/policy/proposal/dismiss',
  '/v1/wallet/lease',
  '/v1/wallet/signed',
  '/v1/domains',
  '/v1/domains/:name/operations',
  '/v1/data/forget',
  '/v1/data/hold',
  '/v1/data/release',
  '/v1/reconcile/:hash',
  '/v1/runs/:id/files',
  '/v1/worker-runs',
  '/v1/workflows/:name/runs',
  '/v1/mcp/tokens/:name',
  '/v1/sessions',
];

const HEADER = 'idempotency-key';
/** A text between quotes, as the draft has it, or the text alone. */
const KEY = /^(?:"([\x20\x21\x23-\x5b\x5d-\x7e]{1,255})"|([\x21\x23-\x5b\x5d-\x7e]{1,255}))$/;
const KEPT_MS = 24 * 60 * 60 * 1000;
const KEPT_MOST = 1_024;
/** Of one answer; of a longer one it is remembered that it was given. */
const ANSWER_BYTES_MAX = 32_768;
/** They say that nothing was done: whoever asks again is to be heard again. */
const NOT_DONE: readonly number[] = [429, 503, 504];

type Answer = {
  readonly status: number;
  readonly headers: readonly (readonly [string, string])[];
  readonly body: ArrayBuffer;
};
type Kept = {
  /** Of route and body. */
  readonly request: string;
  readonly since: number;
  /** Absent while it is being done. */
  answer?: Answer;
};

/** The same key with the same request is answered the same, and done once. */
export function addOnce(app: Hono, now: () => number = () => performance.now()): void {
  const kept = new Map<string, Kept>();
  const once: MiddlewareHandler = async (context, next) => {
    const key = keyOf(context);
    if (key === undefined) return next();
    if (key === '') {
      return problem('idempotency.key_invalid', 'a key has 1 to 255 characters of ASCII', 400);
    }
    const named = nameOf(context, key);
    const request = await requestOf(context);
    const known = kept.get(named);
    if (known !== undefined && now() - known.since < KEPT_MS) return again(known, request);
    const doing: Kept = { request, since: now() };
    if (!hasRoom(kept, named)) {
      return problem('idempotency.too_many', 'too many are being done; ask again', 429);
    }
    kept.set(named, doing);
    try {
      await next();
      const answer = await answerOf(context.res.clone());
      if (answer === undefined) kept.delete(named);
      else doing.answer = answer;
    } catch (fault) {
      kept.delete(named);
      throw fault;
    }
  };
  app.on('POST', [...ONCE], once);
}

/** The oldest that is done makes room; what is being done stays, or it could be done twice. */
function hasRoom(kept: Map<string, Kept>, named: string): boolean {
  kept.delete(named);
  if (kept.size < KEPT_MOST) return true;
  for (const [name, { answer }] of kept) {
    if (answer !== undefined) return kept.delete(name);
  }
  return false;
}

function again({ request, answer }: Kept, asked: string): Response {
  if (request !== asked) return reused();
  if (answer === undefined) {
    return problem('idempotency.in_progress', 'it is being done; ask again in a moment', 409);
  }
  const headers = new Headers(
    answer.headers.map(([name, value]): [string, string] => [name, value]),
  );
  headers.set('idempotency-replayed', 'true');
  return new Response(answer.body, { status: answer.status, headers });
}

function notKept(): Response {
  return problem('idempotency.not_kept', 'it was done; the answer was too long to keep', 409);
}

function reused(): Response {
  return problem('idempotency.key_reused', 'the key was used for another request', 422);
}

/** '' for one that cannot be one; undefined where none came. */
function keyOf({ req }: Context): string | undefined {
  const header = req.header(HEADER);
  if (header === undefined) return undefined;
  const [, quoted, plain] = KEY.exec(header.trim()) ?? [];
  return quoted ?? plain ?? '';
}

/**
 * The id that an operation has for the key of a request: the log admits each id once, so that this
 * holds when the node was stopped or killed in between.
 */
export function operationFor(context: Context): string | undefined {
  const digits = digitsFor(context);
  return digits === undefined ? undefined : `op_${digits}`;
}

function digitsFor(context: Context): string | undefined {
  const key = keyOf(context);
  if (key === undefined || key === '') return undefined;
  const { pathname } = new URL(context.req.url);
  const digest = digestBytes(`${pathname} ${nameOf(context, key)}`);
  return digest.slice('sha256:'.length, 'sha256:'.length + 32);
}

/** What is opened for a key: under which id, which the log admits once, and for which request. */
export type Keyed = { readonly id: string; readonly request: string };

/** Of a request with a key that opens something whose ids begin so. */
export async function keyedIn(context: Context, prefix: string): Promise<Keyed | undefined> {
  const digits = digitsFor(context);
  if (digits === undefined) return undefined;
  return { id: `${prefix}${digits}`, request: digestBytes(await requestOf(context)) };
}

/**
 * Why what was opened for a key is no answer to this request. `opened` is what it was opened for,
 * kept beside what it was given: undefined where that is not kept any more.
 */
export function unansweredBy(opened: string | undefined, { request }: Keyed): Response | undefined {
  if (opened === request) return undefined;
  if (opened !== undefined) return reused();
  const message = 'it was opened; what it was asked for is not kept any more';
  return problem('idempotency.not_kept', message, 409);
}

/** Of one caller: who may open the socket is the owner, unless they show who they are. */
function nameOf({ req }: Context, key: string): string {
  const shown = [req.header('authorization') ?? '', ...roleShown(req.header(ROLE_HEADER))];
  return digestBytes(JSON.stringify([...shown, key]));
}

function roleShown(token: string | undefined): readonly string[] {
  return token === undefined ? [] : [token];
}

async function requestOf({ req }: Context): Promise<string> {
  const body = digestBytes(new Uint8Array(await req.arrayBuffer()));
  return JSON.stringify([req.method, new URL(req.url).pathname, body]);
}

async function answerOf(response: Response): Promise<Answer | undefined> {
  const { status, headers } = response;
  if (NOT_DONE.includes(status)) return undefined;
  const body = await response.arrayBuffer();
  if (body.byteLength > ANSWER_BYTES_MAX) return answerOf(notKept());
  return { status, headers: [...headers], body };
}
