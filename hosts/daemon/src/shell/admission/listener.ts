import { once } from 'node:events';
import { createServer as createHttpServer } from 'node:http';
import { createServer, type TLSSocket } from 'node:tls';
import { getRequestListener } from '@hono/node-server';
import type { Digest } from '@ioi/canon';
import { keyHashOf, pinnedTls, type TlsIdentity } from '@ioi/crypto/tls/shell';
import type { OperationRequest } from '@ioi/protocol';
import { Hono } from 'hono';
import { bodyMost } from '../body-most.ts';
import { addSubmitRoute, refusedOperation } from '../domains/domain-routes.ts';
import type { DomainDirectory } from '../domains/domains.ts';
import { jsonBody } from '../json-body.ts';
import { BROUGHT_BYTES_MAX, broughtIn } from './brought.ts';
import { boundUnderWay } from './under-way.ts';

export type AdmissionOptions = {
  readonly host: string;
  readonly port: number;
  readonly identity: TlsIdentity;
  readonly domains: Pick<DomainDirectory, 'find' | 'submit'>;
  /** The replica that holds a key, where the owner's roster names it. */
  readonly replicaOf: (pin: Digest) => Promise<string | undefined>;
};

export type AdmissionListener = {
  readonly port: number;
  /** Whoever is named no more is cut off. */
  recheck(): void;
  close(): void;
};

const CONNECTIONS_MAX = 512;
const HANDSHAKE_MS = 5_000;
const REQUEST_MS = 30_000;

/** Where replicas bring operations to the node that writes: whoever else connects is cut off. */
export async function listenForReplicas(options: AdmissionOptions): Promise<AdmissionListener> {
  const { identity, replicaOf, host } = options;
  const http = createHttpServer(
    { connectionsCheckingInterval: HANDSHAKE_MS },
    getRequestListener(admissionApp(options).fetch),
  );
  http.headersTimeout = HANDSHAKE_MS;
  http.requestTimeout = REQUEST_MS;
  // Its clocks run from when it listens, which the server in front of it does in its place.
  http.emit('listening');
  const held = new Map<TLSSocket, Digest>();
  const admit = async (socket: TLSSocket): Promise<void> => {
    const pin = keyHashOf(socket);
    const replica = pin && (await replicaOf(pin));
    if (pin === undefined || replica === undefined) return void socket.destroy();
    held.set(socket, pin);
    socket.once('close', () => held.delete(socket));
    http.emit('connection', socket);
  };
  const about = { ...pinnedTls(identity), requestCert: true, handshakeTimeout: HANDSHAKE_MS };
  const server = createServer(about, (socket) => {
    socket.on('error', () => socket.destroy());
    admit(socket).catch(() => socket.destroy());
  });
  server.maxConnections = CONNECTIONS_MAX;
  server.on('tlsClientError', (_fault, socket) => socket.destroy());
  server.listen({ host, port: options.port });
  await once(server, 'listening');
  const address = server.address();
  return {
    port: typeof address === 'object' && address !== null ? address.port : options.port,
    recheck: () => {
      for (const [socket, pin] of held) {
        void replicaOf(pin).then((replica) => replica ?? socket.destroy());
      }
    },
    close: () => {
      server.close();
      http.close();
      for (const socket of held.keys()) socket.destroy();
    },
  };
}

/** One route. What comes by it has a signature of its own, whoever carries it. */
function admissionApp({ domains }: AdmissionOptions): Hono {
  const app = new Hono();
  app.use('*', boundUnderWay(), bodyMost(BROUGHT_BYTES_MAX));
  app.use('/v1/domains/:name/operations', async (context, next) => {
    const limits = { maxBytes: BROUGHT_BYTES_MAX, code: 'request.invalid' };
    const body = await jsonBody<OperationRequest>(context, limits);
    const brought = body.ok ? broughtIn(body.value) : body;
    return brought.ok ? next() : refusedOperation(brought.error);
  });
  addSubmitRoute(app, domains);
  return app;
}
