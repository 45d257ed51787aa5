import { resolve } from 'node:path';
import type { InstalledWorker, WorkerPackageReview } from '@ioi/protocol';
import { tabbed, table } from '../../core/columns.ts';
import { visible } from '../../core/visible.ts';
import { INSTALLED_COLUMNS, installedRows, reviewedLines } from '../../core/worker-install-view.ts';
import {
  type Command,
  type Context,
  flagOption,
  needNode,
  textOption,
} from '../../shell/context.ts';
import { usageFault } from '../../shell/fault.ts';
import { signShown } from '../../shell/governance.ts';
import { findSockets } from '../../shell/home.ts';
import { WorkerInstallApi } from '../../shell/worker-install-api.ts';
import { packageIn } from './inspect.ts';

const PROFILES = ['per_invocation', 'warm', 'persistent', 'zero_to_idle'];

/** `ioi worker install PACKAGE`: what it asks for, and then the owner's signature over it. */
export const workerInstall: Command = async (context, [path = ''], options) => {
  const profile = textOption(options, 'profile') ?? 'per_invocation';
  if (!PROFILES.includes(profile)) {
    throw usageFault(`${profile} is no profile: there are ${PROFILES.join(', ')}`);
  }
  const { address } = packageIn(path);
  const digest = textOption(options, 'digest') ?? address;
  const review = await apiOf(context).review({ path: resolve(path), digest });
  const { output } = context;
  for (const line of reviewedLines(review)) output.note(line);
  const standing = await standingOf(context, review);
  if (standing !== undefined) {
    output.say([visible(`${standing.id} ${standing.version} is installed as it is`)], {
      worker: standing,
    });
    return undefined;
  }
  const asked = {
    manifest: review.manifest,
    package: review.package,
    persistence_profile: profile,
    may_downgrade: flagOption(options, 'downgrade'),
  };
  const signed = await signShown(context, options, { operation: 'install', asked });
  const worker = await apiOf(context).show(review.manifest.id);
  const { instance_id } = worker.instance;
  const { asks, needs, inclusion } = review;
  const { id, version } = review.manifest;
  const { seq } = signed.entry;
  const line = `installed: ${id} ${version}, ${inclusion}, ${instance_id}, entry ${seq}`;
  output.say([visible(line)], { ...signed, worker, asks, needs });
  return undefined;
};

/** `ioi worker list` */
export const workerList: Command = async (context, _, options) => {
  const { output } = context;
  const all = await apiOf(context).list();
  const isShown = ({ state }: InstalledWorker): boolean =>
    state === 'installed' || flagOption(options, 'removed');
  const workers = all.workers.filter(isShown);
  const rows = installedRows(workers);
  const lines = output.plain ? tabbed(rows) : table(INSTALLED_COLUMNS, rows);
  output.say(rows.length === 0 ? ['no worker is installed'] : lines, { workers });
  return undefined;
};

/** `ioi worker remove WORKER`: nothing of it is started from then on. */
export const workerRemove: Command = async (context, [name = ''], options) => {
  const { id, version } = await apiOf(context).show(name);
  const signed = await signShown(context, options, { operation: 'remove', asked: { id } });
  const line = `removed: ${id} ${version}, entry ${signed.entry.seq}`;
  context.output.say([visible(line)], signed);
  return undefined;
};

/** Exactly this package, where it is installed: then its bytes were kept anew, and that is all. */
async function standingOf(
  context: Context,
  { manifest, package: address }: WorkerPackageReview,
): Promise<InstalledWorker | undefined> {
  const { workers } = await apiOf(context).list();
  return workers.find((each) => {
    return each.state === 'installed' && each.id === manifest.id && each.package === address;
  });
}

function apiOf({ home }: Context): WorkerInstallApi {
  needNode(home);
  return new WorkerInstallApi(findSockets(home));
}
