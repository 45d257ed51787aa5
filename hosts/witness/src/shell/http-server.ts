import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { decodeUtf8 } from '@ioi/basis';
import { type Answer, LOG_KEY_HEADER, type WitnessService } from '@ioi/witness/shell';

/** More than any checkpoint with the signatures and proof that belong to it. */
const MOST_BYTES = 64 * 1024;
/** Up to here what is too large is read to its end, so that whoever sent it hears why. */
const MOST_IGNORED_BYTES = 4 * 1024 * 1024;
const MOST_CONNECTIONS = 512;
const TIMES = { requestTimeout: 15_000, headersTimeout: 10_000, keepAliveTimeout: 30_000 };
const CHECKPOINT = '/checkpoint/';

/**
 * A witness's two routes. `onFault` is told when the state could not be written or read: what was
 * promised is then in doubt, and nothing may be signed before it was opened again.
 */
export function witnessServer(service: WitnessService, onFault: (fault: unknown) => void): Server {
  const server = createServer(TIMES, (request, response) => {
    serve(service, request, response).catch((fault) => {
      response.destroy();
      // A client that hangs up in the middle says nothing about the state.
      if (!request.errored) onFault(fault);
    });
  });
  server.maxConnections = MOST_CONNECTIONS;
  return server;
}

async function serve(
  service: WitnessService,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const { status, type, body } = await answerTo(service, request);
  // What was not read to its end leaves nothing on the connection that could be understood.
  const rest = request.complete ? {} : { connection: 'close' };
  response.writeHead(status, { 'content-type': type, 'cache-control': 'no-store', ...rest });
  response.end(body);
}

async function answerTo(service: WitnessService, request: IncomingMessage): Promise<Answer> {
  const { method, url = '' } = request;
  if (method === 'POST' && url === '/add-checkpoint') return added(service, request);
  const origin = url.startsWith(CHECKPOINT) ? decoded(url.slice(CHECKPOINT.length)) : undefined;
  if (method === 'GET' && origin !== undefined) return service.latest(origin);
  return plain(404, 'route.unknown: there is no such route');
}

async function added(service: WitnessService, request: IncomingMessage): Promise<Answer> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request) {
    size += (chunk as Buffer).length;
    if (size > MOST_IGNORED_BYTES) break;
    if (size <= MOST_BYTES) chunks.push(chunk as Buffer);
  }
  if (size > MOST_BYTES) return plain(413, `witness.too_large: over ${MOST_BYTES} bytes`);
  const body = decodeUtf8(Buffer.concat(chunks));
  if (body === undefined) return plain(400, 'witness.malformed: the body is not UTF-8');
  const key = request.headers[LOG_KEY_HEADER];
  return service.addCheckpoint(body, typeof key === 'string' ? key : undefined);
}

function decoded(text: string): string | undefined {
  try {
    return decodeURIComponent(text);
  } catch {
    return undefined;
  }
}

function plain(status: number, line: string): Answer {
  return { status, type: 'text/plain; charset=utf-8', body: `${line}\n` };
}
