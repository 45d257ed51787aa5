import type { StateQuestion } from '@ioi/agentgres/shell';
import type { Result } from '@ioi/basis';
import type { HeadKey, OperationRequest, Rejection } from '@ioi/protocol';
import type { Context, Hono } from 'hono';
import { cursorOf, placeIn } from '../../core/index.ts';
import { cosignedNote, exportText } from '../export.ts';
import { jsonBody } from '../json-body.ts';
import { logPage } from '../log-page.ts';
import { operationFor } from '../once.ts';
import { pageMost, pageSize } from '../page-size.ts';
import { problem } from '../problem.ts';
import { sealedBefore } from '../submit-once.ts';
import type { Writer } from '../writer.ts';
import type { DomainDirectory, DomainHandle } from './domains.ts';
import { addInspectionRoutes } from './inspection-routes.ts';
import { proveState } from './prove-state.ts';
import { tileAt } from './tiles.ts';

export type DomainRoutes = {
  readonly domains: DomainDirectory;
  readonly writer: Pick<Writer, 'prove' | 'vouch'>;
};

const BODY = { maxBytes: 4_000_000, code: 'request.invalid' };
const PAGE_MAX = 1000;
const PROVEN_MAX = 256;
const PROVEN_ID_MAX = 1024;
const PROVEN_CLASS_MAX = 256;
const UNPROVABLE = `ids have 1 to ${PROVEN_ID_MAX} characters, classes up to ${PROVEN_CLASS_MAX}`;
const STATUS: Readonly<Record<string, number>> = {
  'request.invalid': 400,
  'cursor.invalid': 400,
  'domain.not_open': 404,
  'domain.too_many_open': 503,
  'domain.open_already': 409,
  'log.rolled_back': 409,
  'log.forked': 409,
  'replica.stale': 503,
  'witness.required': 503,
  'operation.duplicate': 409,
  'idempotency.key_reused': 422,
  'precondition.failed': 409,
  'operation.not_authentic': 403,
  'admission.unsigned': 403,
  'export.not_cosigned': 503,
  'log.listing_too_long': 413,
};

export type Acting = (handle: DomainHandle, context: Context) => Promise<Response> | Response;

/** Domains over HTTP: what is open, operations, objects with their proofs, the log as tiles. */
export function addDomainRoutes(app: Hono, options: DomainRoutes): void {
  const { domains } = options;
  const at = atDomain(domains);
  app.get('/v1/domains', (context) => {
    const { cursor, limit } = context.req.query();
    return answered(context, domains.list({ cursor, most: pageMost(limit) }));
  });
  app.post('/v1/domains', async (context) => {
    const body = await jsonBody<{ domain_id: unknown }>(context, BODY);
    if (!body.ok) return refused(body.error);
    const domainId = body.value?.domain_id;
    if (typeof domainId !== 'string') return invalid('/domain_id names the domain');
    const created = await domains.create(domainId);
    return created.ok ? context.json(domains.status(created.value), 201) : refused(created.error);
  });
  app.get(
    '/v1/domains/:name',
    at((handle, context) => context.json(domains.status(handle))),
  );
  addSubmitRoute(app, domains);
  app.get('/v1/domains/:name/log', at(domainLog));
  app.get('/v1/domains/:name/objects/:class', at(objectsOf(options)));
  app.get('/v1/domains/:name/objects/:class/:id', at(objectAt(options)));
  addInspectionRoutes(app, at, options.writer);
  app.get('/v1/domains/:name/export', at(exported));
  app.get('/v1/domains/:name/checkpoint', at(checkpoint));
  app.get('/v1/domains/:name/tile/*', at(tile));
}

type Submitting = Pick<DomainDirectory, 'find' | 'submit'>;

/** Operations alone: where replicas bring them there is nothing else. */
export function addSubmitRoute(app: Hono, domains: Submitting): void {
  app.post('/v1/domains/:name/operations', atDomain(domains)(submitting(domains)));
}

function atDomain(domains: Pick<DomainDirectory, 'find'>) {
  return (act: Acting) =>
    async (context: Context): Promise<Response> => {
      const found = await domains.find(context.req.param('name') ?? '');
      return found.ok ? act(found.value, context) : refused(found.error);
    };
}

function submitting(domains: Submitting): Acting {
  return async (handle, context) => {
    const body = await jsonBody<OperationRequest>(context, BODY);
    if (!body.ok) return refused(body.error);
    const { operation, payload, ...more } = body.value ?? {};
    if (typeof operation !== 'string' || typeof payload !== 'object' || payload === null) {
      return invalid('/operation is a name and /payload an object');
    }
    const operationId = operationFor(context);
    const named = operationId === undefined ? {} : { operation_id: operationId };
    const sealed = await domains.submit(handle, { ...named, ...more, operation, payload });
    if (sealed.ok) return context.json(sealed.value, 201);
    const isOwnId = more.operation_id !== undefined || operationId === undefined;
    if (sealed.error.code !== 'operation.duplicate' || isOwnId) return refused(sealed.error);
    const before = sealedBefore(handle.reader, { operationId, operation, payload });
    if (!before.ok) return refused(before.error);
    return context.json({ entry: before.value, sealed_size: handle.reader.size }, 201);
  };
}

function domainLog({ reader, domainId }: DomainHandle, context: Context): Response {
  const { after = '-1', limit, cursor } = context.req.query();
  if (!Number.isSafeInteger(Number(after))) return invalid('after is a position in the log');
  const given = { limit, ...(cursor === undefined ? { after } : { cursor }) };
  return answered(context, logPage(reader, domainId, given));
}

/**
 * Objects of a class; with `?proof=listing` all of them, and that they are all; those of `?ids=`,
 * separated by commas, and of each `?id=`, which may have a comma in it, with their proofs.
 */
function objectsOf({ writer }: DomainRoutes): Acting {
  return async (handle, context) => {
    const headClass = context.req.param('class') ?? '';
    const { proof, prefix = '', limit, ids, after, cursor } = context.req.query();
    if (proof === 'listing') {
      if (headClass.length > PROVEN_CLASS_MAX) return invalid(UNPROVABLE);
      return answered(
        context,
        await proveState({ writer, handle }, { kind: 'listing', headClass }),
      );
    }
    const each = [...(ids?.split(',') ?? []), ...(context.req.queries('id') ?? [])];
    if (each.length > 0) {
      const keys = each.map((id) => ({ headClass, id }));
      if (keys.length > PROVEN_MAX) return invalid(`at most ${PROVEN_MAX} ids at once`);
      if (keys.some(isUnprovable)) return invalid(UNPROVABLE);
      return answered(context, await proveState({ writer, handle }, { kind: 'objects', keys }));
    }
    const list = `${handle.domainId} ${headClass} ${prefix}`;
    const from = placeIn<string>(list, 'string', cursor);
    if (!from.ok) return refused(from.error);
    const most = pageSize(limit, PAGE_MAX);
    const found = objectsAfter(handle, { headClass, prefix, after: from.value ?? after, most });
    const objects = found.slice(0, most);
    const last = objects.at(-1);
    const hasMore = found.length > most && last !== undefined;
    const more = hasMore ? { next_cursor: cursorOf(list, last.id) } : {};
    return context.json({ watermark: `domain_seq:${handle.reader.size - 1}`, objects, ...more });
  };
}

type ObjectsAsked = {
  readonly headClass: string;
  readonly prefix: string;
  readonly after: string | undefined;
  readonly most: number;
};

/** One more than fits the page, where there is one. */
function objectsAfter({ reader }: DomainHandle, { headClass, prefix, after, most }: ObjectsAsked) {
  if (after === undefined) return reader.headsOf(headClass, prefix, most + 1);
  // What sorts before the beginning has not begun yet.
  const from = after < prefix ? prefix : after;
  if (from !== after) return reader.headsOf(headClass, prefix, most + 1);
  const found = reader.headsAfter(headClass, from, most + 1);
  return found.filter(({ id }) => id.startsWith(prefix));
}

function objectAt({ writer }: DomainRoutes): Acting {
  return async (handle, context) => {
    const key = { headClass: context.req.param('class') ?? '', id: context.req.param('id') ?? '' };
    const question: StateQuestion = { kind: 'objects', keys: [key] };
    const isProved = context.req.query('proof') !== undefined;
    if (isProved && isUnprovable(key)) return invalid(UNPROVABLE);
    if (isProved) return answered(context, await proveState({ writer, handle }, question));
    const value = handle.reader.get(key);
    if (value === undefined) return problem('object.unknown', `no ${key.headClass}/${key.id}`, 404);
    return context.json({ watermark: `domain_seq:${handle.reader.size - 1}`, ...key, value });
  };
}

/** As StateRootProof has it: what is longer, or nothing, could not be verified. */
function isUnprovable({ headClass, id }: HeadKey): boolean {
  return id === '' || id.length > PROVEN_ID_MAX || headClass.length > PROVEN_CLASS_MAX;
}

async function exported({ reader, latest }: DomainHandle): Promise<Response> {
  const cosigned = await cosignedNote(reader, latest);
  if (!cosigned) return problem('export.not_cosigned', 'ask again in a moment', 503);
  const text = exportText(reader, cosigned);
  if (!text.ok) return problem(text.code, text.message, 503);
  return new Response(text.text, { headers: { 'content-type': 'application/jsonl' } });
}

/** C2SP tlog-tiles: the signed checkpoint, with both lines as soon as there are two. */
function checkpoint({ latest }: DomainHandle): Response {
  const { cosigned, note } = latest;
  return new Response(cosigned || note, { headers: { 'content-type': 'text/plain' } });
}

async function tile({ reader }: DomainHandle, context: Context): Promise<Response> {
  const path = context.req.path;
  const bytes = await tileAt(reader, path.slice(path.indexOf('/tile/') + 1));
  if (!bytes) return problem('tile.unknown', 'the log has no such tile', 404);
  const headers = { 'content-type': 'application/octet-stream' };
  return new Response(new Uint8Array(bytes), { headers });
}

function answered(context: Context, result: Result<object, Rejection>): Response {
  return result.ok ? context.json(result.value) : refused(result.error);
}

/** An operation that is not taken. */
export function refusedOperation({ code, message }: Rejection): Response {
  return problem(code, message, STATUS[code] ?? 422);
}

const refused = refusedOperation;

function invalid(message: string): Response {
  return problem('request.invalid', message, 400);
}
