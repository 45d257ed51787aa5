import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { Approver, Guardian, StatementDesk, Wish } from '@ioi/guardian/shell';
import { type Answer, good, type Handler, refused } from './answers.ts';
import { type DeviceServing, deviceRoutes } from './device-routes.ts';
import { type EditServing, editRoutes } from './edit-routes.ts';
import { type PageRoutesServing, pageRoutes } from './page-routes.ts';
import { type SessionServing, sessionRoutes } from './session-routes.ts';
import { tokenRoutes } from './token-routes.ts';
import { type VaultServing, vaultRoutes } from './vault-routes.ts';

const MAX_BODY_BYTES = 64 * 1024 * 1024;

export type Serving = VaultServing &
  SessionServing &
  DeviceServing &
  EditServing & {
    readonly guardian: Guardian;
    readonly approver: Approver;
    readonly desk: StatementDesk;
    readonly page: PageRoutesServing;
  };

/**
 * The approver's door: HTTP over whatever streams the supervisor splices in. What is shown is
 * the guardian's own copy; passphrases arrive here and nowhere else.
 */
export function approvalServer(serving: Serving): Server {
  const { guardian, approver, desk, page } = serving;
  const routes: Record<string, Handler> = {
    ...vaultRoutes(serving),
    ...pageRoutes(page),
    ...sessionRoutes(serving),
    ...tokenRoutes(approver.tokens),
    ...deviceRoutes(serving),
    ...editRoutes(serving),
    'GET /status': () => good({ ...statusOf(guardian), policy: guardian.activePolicy() ?? null }),
    'GET /pending': () => good({ pending: approver.pending() }),
    'POST /approve': async ({ request_hash, passphrase }) => {
      const token = await approver.approve(String(request_hash), String(passphrase));
      return token.ok ? good(token.value) : refused(token.error);
    },
    'POST /deny': async ({ request_hash, passphrase, note }) => {
      const about = typeof note === 'string' ? note.slice(0, 1024) : undefined;
      const denied = await approver.deny(String(request_hash), String(passphrase), about);
      return denied.ok ? good({ denied: String(request_hash) }) : refused(denied.error);
    },
    'POST /policy/review': async ({ policy }) => {
      const summary = await approver.review(String(policy));
      return summary.ok ? good(summary.value) : refused(summary.error);
    },
    'POST /policy/activate': async ({ policy, passphrase }) => {
      const activated = await approver.activate(String(policy), String(passphrase));
      return activated.ok ? good(activated.value) : refused(activated.error);
    },
    'POST /policy/standing': ({ request_hash }) => {
      return good(approver.stepUps.standing(String(request_hash)));
    },
    'POST /governance/review': (body) => {
      const review = desk.review(wishIn(body));
      return review.ok ? good(review.value) : refused(review.error);
    },
    'POST /governance/sign': async ({ review_hash, passphrase, ...body }) => {
      const signed = await desk.sign(wishIn(body), String(review_hash), String(passphrase));
      return signed.ok ? good(signed.value) : refused(signed.error);
    },
  };
  return createServer((request, response) => {
    // A client that hangs up in the middle is its own problem, never the guardian's.
    serve(request, response, routes).catch(() => response.destroy());
  });
}

async function serve(
  request: IncomingMessage,
  response: ServerResponse,
  routes: Record<string, Handler>,
): Promise<void> {
  const handler = routes[`${request.method} ${request.url}`];
  const body = await readBody(request);
  const found = handler === undefined ? notFound() : body.ok ? handler(body.value) : refused(body);
  const { status, body: answer } = await found;
  const type = status === 200 ? 'application/json' : 'application/problem+json';
  response.writeHead(status, { 'content-type': type, 'cache-control': 'no-store' });
  response.end(JSON.stringify(answer));
}

type Body =
  | { readonly ok: true; readonly value: Record<string, unknown> }
  | { readonly ok: false; readonly code: string; readonly message: string };

async function readBody(request: IncomingMessage): Promise<Body> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request) {
    size += (chunk as Buffer).length;
    if (size > MAX_BODY_BYTES) {
      return { ok: false, code: 'request.too_large', message: `over ${MAX_BODY_BYTES} bytes` };
    }
    chunks.push(chunk as Buffer);
  }
  if (size === 0) return { ok: true, value: {} };
  try {
    const value: unknown = JSON.parse(Buffer.concat(chunks).toString('utf8'));
    if (typeof value === 'object' && value !== null) {
      return { ok: true, value: value as Record<string, unknown> };
    }
  } catch {
    // Reported below, like any other body that is not an object.
  }
  return { ok: false, code: 'request.invalid', message: 'the body is not a JSON object' };
}

function wishIn({ operation, asked, region }: Record<string, unknown>): Wish {
  const isObject = typeof asked === 'object' && asked !== null && !Array.isArray(asked);
  const wish = { operation: String(operation), asked: isObject ? (asked as Wish['asked']) : {} };
  return typeof region === 'string' ? { ...wish, region } : wish;
}

function notFound(): Answer {
  const body = { type: 'about:blank', title: 'no such route', status: 404, code: 'route.unknown' };
  return { status: 404, body };
}

function statusOf(guardian: Guardian): object {
  const status = guardian.status();
  return status.ok ? status.value : {};
}
