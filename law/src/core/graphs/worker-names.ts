import type { InstalledHead } from '../workers/heads.ts';
import { installedWorkerId } from '../workers/widening.ts';

const LOCAL = 'worker://local/';

type Named = Pick<InstalledHead, 'manifest_hash'> & {
  readonly manifest: Pick<InstalledHead['manifest'], 'id' | 'authority'>;
};

/**
 * Whether a graph means this worker: by the last part of its `ai://…`, whichever version is
 * installed, or by publisher and manifest, which is one version alone.
 */
export function namesWorker(workerId: string, { manifest, manifest_hash }: Named): boolean {
  if (workerId === installedWorkerId(manifest.authority, manifest_hash)) return true;
  const name = manifest.id.slice(manifest.id.lastIndexOf('/') + 1);
  return workerId === `${LOCAL}${name}`;
}
