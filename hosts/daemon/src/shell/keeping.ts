import { dirname, join } from 'node:path';
import { type BucketConfig, bucketPlace, LOCAL_BYTES, SPOOL_BYTES } from '@ioi/agentgres';
import { ArtifactStore, Bucket, Mover } from '@ioi/agentgres/shell';
import { BodySpool } from '@ioi/gateway/shell';
import { Backups } from './backups.ts';
import type { NodeConfig } from './config.ts';
import { Contents } from './contents.ts';
import { type DataOptions, DiskWatch } from './data-api.ts';
import { Forgetting } from './forgetting.ts';
import { KeptFile } from './mcp/kept-file.ts';
import type { OpenNode } from './open-node.ts';
import { retentionOf } from './organisation/settings.ts';
import { Proposals } from './proposals.ts';
import { RetentionFile } from './retention-file.ts';

const SWEEP_INTERVAL_MS = 3_600_000;

type Opening = {
  readonly folder: string;
  readonly configPath: string;
  readonly config: NodeConfig;
  readonly node: OpenNode;
  readonly log: (message: string, about: object) => void;
  readonly program: string | undefined;
};

/** What the log refers to and does not hold, settled after whatever stop there was. */
export function openContents({ folder, configPath, config, node, log, program }: Opening) {
  const { reader, writer } = node;
  const store = new ArtifactStore(join(folder, 'artifacts'), node.beside);
  if (config.artifacts) keepAway(store, config.artifacts);
  const mover = new Mover(store.away, log);
  const file = new RetentionFile(configPath, config.retention, () => retentionOf(reader));
  const retention = () => file.retention;
  const commitmentKey = (digest: string) => writer.commitmentKey(digest);
  const settled = (size: number): void => writer.settled(size);
  const contents = new Contents({ store, reader, retention, commitmentKey, settled, log });
  contents.recover();
  const isNeeded = (digest: string): boolean => contents.isNeeded(digest);
  const forgetting = new Forgetting({ store, reader, writer, retention, isNeeded, log });
  const data: DataOptions = { folder, store, reader, forgetting, retention: file, mover, contents };
  const home = dirname(configPath);
  const kept = { upkeep: join(home, 'upkeep'), backups: new Backups({ home, program }) };
  const spool = new BodySpool(join(folder, 'bodies'));
  const proposals = new Proposals({
    reader,
    file: new KeptFile(join(folder, 'proposal.json')),
    after: config.propose_after,
  });
  return { contents, spool, data, disk: new DiskWatch(data), proposals, ...kept };
}

/** Bytes of long contents go to a bucket, or come back from it, from here on. */
function keepAway(store: ArtifactStore, config: BucketConfig): void {
  store.away.use((folder) => new Bucket(config, folder), {
    place: bucketPlace(config),
    spoolBytes: config.spool_bytes ?? SPOOL_BYTES,
    localBytes: config.local_bytes ?? LOCAL_BYTES,
    isHomeward: config.moving === 'home',
  });
}

/** Forgets what is due, and says in time when the disk fills up. */
export function startSweeping(
  { data, disk }: { readonly data: DataOptions; readonly disk: DiskWatch },
  log: Opening['log'],
): void {
  const sweep = async (): Promise<void> => {
    await data.forgetting.sweep();
    const warning = disk.warning();
    if (warning !== undefined) log('disk', { warning });
  };
  const guarded = (): void => {
    sweep().catch((fault: unknown) => log('sweep failed', { fault: String(fault) }));
  };
  guarded();
  data.mover.run().catch((fault: unknown) => log('moving failed', { fault: String(fault) }));
  setInterval(guarded, SWEEP_INTERVAL_MS).unref();
}
