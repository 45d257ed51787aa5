import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Digest } from '@ioi/canon';
import { keys, type NodeHead } from '@ioi/law';
import { ConfigFault, type StoreConfig } from '../config.ts';
import type { DomainDirectory } from '../domains/domains.ts';
import type { HeadReader } from '../head-reader.ts';
import { HeldRoster } from './held-roster.ts';
import { listenForReplicas } from './listener.ts';
import { openTlsIdentity } from './tls-identity.ts';

export type OpenAdmission = {
  readonly home: string;
  readonly store: StoreConfig | undefined;
  readonly domains: Pick<DomainDirectory, 'find' | 'submit'>;
  readonly reader: HeadReader;
  readonly log: (message: string, about: object) => void;
};

/** Written by `ioi cluster listen`, beside the key. */
const LISTEN_FILE = 'admission.json';
/** So long after it was named a replica is let in, and after it was dismissed cut off. */
const LOOK_MS = 2_000;
/** For whoever shows a key that is not named yet: so often the store is asked at most. */
const AGAIN_MS = 500;

/** Lets replicas bring operations, where this node was told to listen for them. */
export async function openAdmission(options: OpenAdmission): Promise<void> {
  const { home, store, domains, reader, log } = options;
  const folder = join(home, 'cluster');
  const at = listenIn(join(folder, LISTEN_FILE));
  if (at === undefined || store?.place === undefined) return;
  const roster = new HeldRoster({
    path: join(folder, 'roster.json'),
    whose: () => reader.get<NodeHead>(keys.node),
  });
  const look = await lookAt(store, roster, log);
  const named = (pin: Digest): string | undefined => {
    return roster.current?.replicas.find(({ tls_key }) => tls_key === pin)?.replica;
  };
  const replicaOf = async (pin: Digest): Promise<string | undefined> => {
    const known = named(pin);
    if (known !== undefined) return known;
    await look();
    return named(pin);
  };
  const identity = openTlsIdentity(folder);
  const listener = await listenForReplicas({ ...at, identity, domains, replicaOf }).catch(
    (fault: NodeJS.ErrnoException) => {
      const where = `${at.host}:${at.port}`;
      throw new ConfigFault(`ioi cluster listen: ${where} cannot be listened on (${fault.code})`);
    },
  );
  log('replicas may bring operations', { ...at, port: listener.port, tls_key: identity.keyHash });
  setInterval(() => {
    void look().then((isOther) => isOther && listener.recheck());
  }, LOOK_MS).unref();
}

function listenIn(path: string): { readonly host: string; readonly port: number } | undefined {
  if (!existsSync(path)) return undefined;
  const { listen } = JSON.parse(readFileSync(path, 'utf8')) as { listen: string };
  const [, host = '', port = ''] = /^\[?([^\]]*)\]?:(\d+)$/.exec(listen) ?? [];
  return { host, port: Number(port) };
}

/** Asks the store for the roster; true where there is another. One that is away changes nothing. */
async function lookAt(
  store: StoreConfig,
  roster: HeldRoster,
  log: OpenAdmission['log'],
): Promise<() => Promise<boolean>> {
  const { PostgresLease } = await import('@ioi/agentgres/postgres');
  let lease: Awaited<ReturnType<typeof PostgresLease.open>> | undefined;
  let asking: Promise<boolean> | undefined;
  let last = 0;
  const ask = async (): Promise<boolean> => {
    try {
      lease ??= await PostgresLease.open(store);
      const isOther = roster.take(await lease.roster());
      if (roster.wrong !== undefined) log('the roster does not hold', roster.wrong);
      return isOther;
    } catch {
      await lease?.close().catch(() => {});
      lease = undefined;
      return false;
    }
  };
  return () => {
    if (asking === undefined && performance.now() - last < AGAIN_MS) return Promise.resolve(false);
    last = performance.now();
    asking ??= ask().finally(() => {
      asking = undefined;
    });
    return asking;
  };
}
