import { digestBytes } from '@ioi/canon';
import {
  type ApproversHead,
  type CertificateHead,
  type GrantHead,
  isOutOfBand,
  keys,
  type NodeHead,
  notStanding,
  type RequestHead,
  standingOf,
  WALLET,
  walletKeys,
} from '@ioi/law';
import {
  type ApproversPage,
  type CertificatesPage,
  type GrantsPage,
  isPktLeaseIssue,
  type PktLeaseIssue,
  type Rejection,
  type ScopeRequestsPage,
  type ShownCertificate,
  type ShownGrant,
  type SignedAuthority,
  type WantedScopes,
} from '@ioi/protocol';
import type { Hono } from 'hono';
import { pageOf, scopesAskedFor } from '../core/index.ts';
import { afterStatement, requestScopes } from './authority.ts';
import type { Boundary } from './boundary.ts';
import type { HeadReader } from './head-reader.ts';
import { jsonBody } from './json-body.ts';
import { operationFor } from './once.ts';
import { pageMost } from './page-size.ts';
import { problem } from './problem.ts';
import { submitOnce } from './submit-once.ts';
import type { Writer } from './writer.ts';

export type WalletRoutes = {
  readonly reader: HeadReader;
  readonly writer: Writer;
  readonly boundary: Boundary;
};

/** What a Manager signs with a key of its own, and anybody may bring. */
const BROUGHT: readonly string[] = [
  'grant.issue',
  'grant.revoke',
  'certificate.issue',
  'certificate.revoke',
];

const LIMITS = { maxBytes: 256_000, code: 'request.invalid' };
const MOST = 10_000;

/** Authority as the log has it, and the way to ask for some. Nothing here gives any. */
export function addWalletRoutes(app: Hono, { reader, writer, boundary }: WalletRoutes): void {
  app.get('/v1/wallet/requests', (context) => {
    const page = listed<object>(reader, 'authority_asked', context.req.query());
    if (!page.ok) return problem(page.error.code, page.error.message, 400);
    const { members, ...more } = page.value;
    const requests = members.flatMap(({ id }) => {
      return reader.get<RequestHead>(walletKeys.request(id))?.request ?? [];
    });
    return context.json({ requests, ...more } satisfies ScopeRequestsPage);
  });
  app.post('/v1/wallet/requests', async (context) => {
    const body = await jsonBody<WantedScopes>(context, LIMITS);
    if (!body.ok) return problem(body.error.code, body.error.message, 400);
    const wanted = wantedIn(body.value);
    if (wanted === undefined) {
      const message = 'expected subject_id, and authority_scopes and resources as lists of texts';
      return problem('request.invalid', message, 400);
    }
    const request = await requestScopes(wanted, { reader, writer }, operationFor(context));
    if (!request.ok) return refused(request.error);
    return context.json({ request: request.value }, 201);
  });
  app.post('/v1/wallet/lease', async (context) => {
    const body = await jsonBody<PktLeaseIssue>(context, LIMITS);
    if (!body.ok) return problem(body.error.code, body.error.message, 400);
    const packet = body.value;
    if (!isPktLeaseIssue(packet)) return problem('request.invalid', 'no PKT_LEASE_ISSUE', 400);
    const { params } = packet.payload.mcp;
    const asker = { subjectId: params.agent_did, timeOf: Date.parse };
    const wanted = scopesAskedFor(params, asker);
    if (!wanted.ok) return problem(wanted.error.code, wanted.error.message, 400);
    const request = await requestScopes(wanted.value, { reader, writer }, operationFor(context));
    if (!request.ok) return refused(request.error);
    return context.json({ request: request.value }, 201);
  });
  app.post('/v1/wallet/signed', async (context) => {
    const body = await jsonBody<SignedAuthority>(context, LIMITS);
    if (!body.ok) return problem(body.error.code, body.error.message, 400);
    const { operation, payload = {}, region } = body.value ?? {};
    if (operation === undefined || !BROUGHT.includes(operation)) {
      return problem('operation.unknown', `expected one of ${BROUGHT.join(', ')}`, 400);
    }
    const texts = typeof region === 'string' ? { [digestBytes(region)]: region } : {};
    const sealed = await submitOnce(
      { writer, reader },
      {
        operationId: operationFor(context),
        operation: `${WALLET}/${operation}`,
        payload,
        payloads: texts,
      },
    );
    if (!sealed.ok) return refused(sealed.error);
    afterStatement(sealed.value, boundary, reader);
    return context.json({ seq: sealed.value.seq }, 201);
  });
  addAuthorityLists(app, reader);
}

/** What was given, and to whom it may be passed on. */
function addAuthorityLists(app: Hono, reader: HeadReader): void {
  app.get('/v1/wallet/grants', (context) => {
    const page = listed<GrantHead>(reader, 'grant', context.req.query());
    if (!page.ok) return problem(page.error.code, page.error.message, 400);
    const { members, ...more } = page.value;
    const grants = members.map(({ value }) => shownGrant(value, reader));
    const { revocationEpoch } = nowOf(reader);
    const answer: GrantsPage = { revocation_epoch: revocationEpoch, grants, ...more };
    return context.json(answer);
  });
  app.get('/v1/wallet/certificates', (context) => {
    const page = listed<CertificateHead>(reader, 'certificate', context.req.query());
    if (!page.ok) return problem(page.error.code, page.error.message, 400);
    const { members, ...more } = page.value;
    const certificates = members.map(({ value }) => shownCertificate(value, reader));
    return context.json({ certificates, ...more } satisfies CertificatesPage);
  });
  app.get('/v1/wallet/approvers', (context) => context.json(approversOf(reader)));
}

/** Without their keys, which nobody needs who only reads. */
function approversOf(reader: HeadReader): ApproversPage {
  const { factors = [], levels = [], rules } = reader.get<ApproversHead>(keys.approvers) ?? {};
  const passkeys = factors.map((factor) => {
    const { factor_id, label, acts_as = [], public_key, origin } = factor;
    const { algorithm } = public_key;
    return { factor_id, label, acts_as, algorithm, origin, out_of_band: isOutOfBand(factor) };
  });
  const named = levels.map(({ factor_id, label, acts_as = [], kind }) => {
    return { factor_id, label, acts_as, kind };
  });
  return { passkeys, levels: named, ...(rules === undefined ? {} : { rules: rulesIn(rules) }) };
}

function rulesIn({ low, high, rules }: NonNullable<ApproversHead['rules']>) {
  return { low, high, rules };
}

function refused({ code, message }: Rejection): Response {
  return problem(code, message, code === 'idempotency.key_reused' ? 422 : 409);
}

type Listing = Partial<Record<'cursor' | 'limit', string>>;

/** Heads of a class in the order of their ids. */
function listed<T>(reader: HeadReader, headClass: string, { cursor, limit }: Listing) {
  const heads = reader.headsOf<T>(headClass, '', MOST);
  const most = pageMost(limit);
  return pageOf(heads, { list: headClass, placeOf: ({ id }) => id, cursor, most });
}

function wantedIn(body: Partial<WantedScopes> | null): WantedScopes | undefined {
  if (body === null || typeof body.subject_id !== 'string') return undefined;
  const { primitive_capabilities = [], authority_scopes, resources } = body;
  const lists: unknown[] = [primitive_capabilities, authority_scopes, resources];
  if (!lists.every(Array.isArray)) return undefined;
  return { ...body, primitive_capabilities } as WantedScopes;
}

function nowOf(reader: HeadReader) {
  const revocationEpoch = reader.get<NodeHead>(keys.node)?.revocation_epoch ?? '0';
  return { revocationEpoch, chainTime: BigInt(reader.chainTime()) };
}

/** Whether anything may be done under it now, whatever it is. */
function shownGrant(head: GrantHead, reader: HeadReader): ShownGrant {
  const now = nowOf(reader);
  const standing = standingOf(head.grant.authority_grant_id, reader, now);
  const above = (standing?.certificates ?? []).map((each) => endOf(each, now));
  const isUsedUp = head.remaining.calls === '0';
  const ended = notStanding(head.grant, now) ?? above.find((each) => each !== undefined);
  const why = ended ?? (isUsedUp ? 'constraints.max_calls' : undefined);
  const { grant, remaining, path } = head;
  return { grant, remaining, path, ...(why === undefined ? {} : { ended: why }) };
}

function endOf({ certificate, status }: CertificateHead, now: ReturnType<typeof nowOf>) {
  return notStanding({ ...certificate, status }, now);
}

function shownCertificate(head: CertificateHead, reader: HeadReader): ShownCertificate {
  const now = nowOf(reader);
  const { certificate, path, remaining } = head;
  const above = path.flatMap((id) => reader.get<CertificateHead>(walletKeys.certificate(id)) ?? []);
  const ended = [...above, head].map((each) => endOf(each, now)).find(Boolean);
  return { certificate, path, remaining, ...(ended === undefined ? {} : { ended }) };
}
