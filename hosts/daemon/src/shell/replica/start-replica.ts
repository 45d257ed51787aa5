import { once } from 'node:events';
import { mkdirSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import { createServer as createSecureServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { getRequestListener } from '@hono/node-server';
import { whenLeft } from '@ioi/basis/shell';
import { pinnedTls, type TlsIdentity, tlsGroup } from '@ioi/crypto/tls/shell';
import { openTlsIdentity } from '../admission/tls-identity.ts';
import { listenAt } from '../listen-at.ts';
import { openReplica } from './open-replica.ts';
import { type ReplicaAppOptions, replicaApp } from './replica-app.ts';
import { readReplicaConfig } from './replica-config.ts';

export type StartReplica = {
  /** Holds `replica.json`, the TLS key, and the copies. */
  readonly folder: string;
  /** For whoever has this account. */
  readonly socket: string;
  /** For others, where it is told to listen: over TLS alone. */
  readonly listen: { readonly host: string; readonly port: number } | undefined;
};

const REQUEST_MS = 60_000;
const CONNECTIONS_MAX = 1_024;

/** Composition root of a replica. It holds no secret of the owner: a key of its own for TLS. */
export async function startReplica({ folder, socket, listen }: StartReplica): Promise<void> {
  const config = readReplicaConfig(folder);
  const identity = openTlsIdentity(folder);
  const data = join(folder, 'data');
  mkdirSync(data, { recursive: true, mode: 0o700 });
  const parts = await openReplica({ config, identity, data, say });
  const about = { config, ...parts };
  const local = createServer(getRequestListener(appOf(about, false)));
  await listenAt(local, socket);
  const remote = listen && (await listenForOthers(about, identity, listen));
  parts.following.start();
  const { replica, nodeId } = config;
  const url = remote && { url: `https://${remote.at}` };
  const said = {
    replica,
    node_id: nodeId,
    tls_key: identity.keyHash,
    tls_group: tlsGroup(),
    ...url,
  };
  console.log(JSON.stringify(said));
  const stop = async (): Promise<void> => {
    local.close();
    remote?.server.close();
    parts.bringing.close();
    await parts.following.close();
    await parts.reads.close();
    process.exit(0);
  };
  process.once('SIGTERM', () => void stop());
  process.once('SIGINT', () => void stop());
  whenLeft(() => void stop());
}

function appOf(about: Omit<ReplicaAppOptions, 'isRemote'>, isRemote: boolean) {
  return replicaApp({ ...about, isRemote }).fetch;
}

type Remote = { readonly server: Server; readonly at: string };

async function listenForOthers(
  about: Omit<ReplicaAppOptions, 'isRemote'>,
  identity: TlsIdentity,
  { host, port }: NonNullable<StartReplica['listen']>,
): Promise<Remote> {
  const { cert, key } = pinnedTls(identity);
  const tls = { cert, key, minVersion: 'TLSv1.3' as const };
  const server = createSecureServer(tls, getRequestListener(appOf(about, true)));
  server.requestTimeout = REQUEST_MS;
  server.maxConnections = CONNECTIONS_MAX;
  server.listen({ host, port });
  await once(server, 'listening');
  const { port: bound } = server.address() as AddressInfo;
  return { server, at: `${host.includes(':') ? `[${host}]` : host}:${bound}` };
}

function say(message: string, about: object): void {
  console.error(JSON.stringify({ at: new Date().toISOString(), message, ...about }));
}
