import { type Server, STATUS_CODES } from 'node:http';
import type { Duplex } from 'node:stream';
import { problem } from './problem.ts';

type Told = readonly [code: string, title: string, status: number];

const TOO_LARGE: Told = ['request.head_too_large', 'address and headers are too long', 431];
const TOO_SLOW: Told = ['request.too_slow', 'the request did not come to its end', 408];
const MALFORMED: Told = ['request.malformed', 'this is no HTTP', 400];

const TOLD: Readonly<Record<string, Told>> = {
  HPE_HEADER_OVERFLOW: TOO_LARGE,
  ERR_HTTP_REQUEST_TIMEOUT: TOO_SLOW,
};

/** What never becomes a request is told why in the words of every other refusal. */
export function answeringUnreadable(server: Server): Server {
  return server.on('clientError', (fault: NodeJS.ErrnoException, connection: Duplex) => {
    if (!connection.writable || fault.code === 'ECONNRESET') return connection.destroy();
    return void tell(connection, TOLD[fault.code ?? ''] ?? MALFORMED);
  });
}

async function tell(connection: Duplex, told: Told): Promise<void> {
  const answer = problem(...told);
  const { status, headers } = answer;
  const text = await answer.text();
  connection.end(
    `HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\nconnection: close\r\n` +
      `content-type: ${headers.get('content-type')}\r\n` +
      `content-length: ${Buffer.byteLength(text)}\r\n\r\n${text}`,
  );
}
