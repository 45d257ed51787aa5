import { request } from 'node:http';
import { text } from 'node:stream/consumers';
import { err, ok, type Result } from '@ioi/basis';
import { domainNameOf } from '@ioi/law';
import {
  closedTo,
  NODE_AWAY,
  operationIn,
  placeOfSealed,
  type SqlError,
  sqlErrorOf,
  UNKNOWN,
} from '../core/index.ts';

/** A seal takes as long as the node is busy; longer than that nobody knows what came of it. */
const TIMEOUT_MS = 30_000;
/** It was not connected: nothing was sent. */
const AWAY: readonly unknown[] = ['ENOENT', 'ECONNREFUSED', 'EACCES'];

/**
 * Has the node seal what a client asks for, as anybody at its socket may, and never by another way.
 * The answer is where the entry stands, as JSON.
 */
export async function submitOver(
  socket: string,
  open: readonly string[],
  json: string,
): Promise<Result<string, SqlError>> {
  const asked = operationIn(json);
  if (!asked.ok) return asked;
  const { domain, body } = asked.value;
  const name = domain.includes('://') ? domainNameOf(domain) : domain;
  if (!open.includes(name)) return err(closedTo(domain));
  try {
    const path = `/v1/domains/${encodeURIComponent(name)}/operations`;
    const { status, said } = await post(socket, path, body);
    const place = status === 201 ? placeOfSealed(said) : undefined;
    if (place !== undefined) return ok(place);
    return err(status === 201 ? UNKNOWN : sqlErrorOf(status, said));
  } catch (fault) {
    return err(AWAY.includes((fault as NodeJS.ErrnoException).code) ? NODE_AWAY : UNKNOWN);
  }
}

type Said = { readonly status: number; readonly said: string };

function post(socketPath: string, path: string, body: string): Promise<Said> {
  const { promise, resolve, reject } = Promise.withResolvers<Said>();
  const headers = { host: 'localhost', 'content-type': 'application/json' };
  const asking = request(
    { socketPath, path, method: 'POST', headers, timeout: TIMEOUT_MS },
    (answer) => {
      text(answer).then((said) => resolve({ status: answer.statusCode ?? 0, said }), reject);
    },
  );
  asking.on('timeout', () => asking.destroy(new Error('the node does not answer')));
  asking.on('error', reject);
  asking.end(body);
  return promise;
}
