import { request as requestPlain } from 'node:http';
import { request as requestEncrypted } from 'node:https';
import type { Socket } from 'node:net';
import { Readable } from 'node:stream';
import type { Send } from './http-channel.ts';

const CONNECT_MS = 10_000;
/** Answers that cannot have a body (RFC 9110). */
const BODILESS = [204, 205, 304];
/** What a `Response` can hold; anything else is no HTTP. */
const LAST_STATUS = 599;

/**
 * Sends a request as `fetch` would, with two differences: redirects are never followed, and an
 * answer may stay silent for as long as its reader is patient. Rejects with an error that has
 * the system's code, or `CONNECT_TIMEOUT` when no connection came about in ten seconds.
 */
export const sendPlainly: Send = (url, { method, headers, body, signal }) =>
  new Promise((resolve, reject) => {
    const target = new URL(url);
    const request = target.protocol === 'https:' ? requestEncrypted : requestPlain;
    const given = Object.fromEntries(new Headers(headers));
    const options = { method: method ?? 'GET', headers: given, ...(signal ? { signal } : {}) };
    const sending = request(target, options, (incoming) => {
      const { statusCode: status = 0, rawHeaders } = incoming;
      const hasBody = !BODILESS.includes(status);
      if (status < 200 || status > LAST_STATUS) {
        sending.destroy(new Error(`HTTP ${status}`));
        return;
      }
      const stream = hasBody ? (Readable.toWeb(incoming) as ReadableStream<Uint8Array>) : null;
      if (!hasBody) incoming.resume();
      resolve(new Response(stream, { status, headers: readHeaders(rawHeaders) }));
    });
    sending.on('error', reject);
    sending.on('socket', (socket) => limitConnecting(socket, target.protocol === 'https:'));
    sending.end(body ?? undefined);
  });

/** A socket that is used again is connected already. */
function limitConnecting(socket: Socket, isEncrypted: boolean): void {
  if (!socket.connecting) return;
  const timer = setTimeout(() => {
    const message = `no connection in ${CONNECT_MS} ms`;
    socket.destroy(Object.assign(new Error(message), { code: 'CONNECT_TIMEOUT' }));
  }, CONNECT_MS);
  const stop = (): void => clearTimeout(timer);
  socket.once(isEncrypted ? 'secureConnect' : 'connect', stop).once('close', stop);
}

function readHeaders(raw: readonly string[]): Headers {
  const headers = new Headers();
  for (let at = 0; at + 1 < raw.length; at += 2) headers.append(raw[at] ?? '', raw[at + 1] ?? '');
  return headers;
}
