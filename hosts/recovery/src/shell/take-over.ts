import { copyFileSync, cpSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { SqliteStore } from '@ioi/agentgres/shell';
import { keyId } from '@ioi/crypto';
import type { HybridKey } from '@ioi/crypto/shell';
import type { GuardianConfig } from '@ioi/guardian';
import { createSealKey, GuardianStore } from '@ioi/guardian/shell';
import { keys, nodeDomainOf } from '@ioi/law';
import type {
  ChangeEpoch,
  Genesis,
  HeadKey,
  LogEntry,
  NodeFolders,
  RecoveryJob,
  Takeover,
} from '@ioi/protocol';
import { appoint, type LastSealed, lastSealed, type SealedHead } from './appoint.ts';
import { contentsFrom } from './contents.ts';
import { checkWhole, takeDomains } from './domains.ts';
import { makeFolder, writeDurably } from './files.ts';
import { foldBackup } from './fold-backup.ts';
import { checkpointed, genesisKeyOf, heldBefore, openOwner } from './guardian-folder.ts';
import { Refused } from './refused.ts';

type Restoring = Extract<RecoveryJob, { kind: 'restore' }>;
type HandingOver = Extract<RecoveryJob, { kind: 'handover' }>;

/**
 * Makes, beside a stopped node, the guardian and log that go on from a backup: a declared new
 * epoch, signed by the owner, sealed by a new key (design section 4). The node is left as it is.
 */
export async function restore(
  job: Restoring,
  tell: (done: number, of: number) => void,
): Promise<Takeover> {
  const owner = await openOwner(job.ownerKeyFile, job.passphrase);
  const to = foldersIn(job.into);
  makeFolder(to.data);
  const log = new SqliteStore(to.data);
  const store = new GuardianStore(join(to.guardian, 'guardian.db'));
  const contents = contentsFrom(job.data, to.data);
  try {
    const folded = foldBackup(job.backup, { log, seals: store.seals, contents }, tell);
    const [first] = log.entries(0n, 1n);
    const genesis = (JSON.parse(first?.text ?? '{}') as LogEntry).payload as Genesis;
    const taking = { job, owner, to, heads: folded.heads, reason: 'restore' as const };
    const ownerKey = readFileSync(job.ownerKeyFile, 'utf8');
    return await takeOver(taking, { node: folded.node, genesis, last: folded, ownerKey });
  } finally {
    contents.close();
    log.close();
    store.close();
  }
}

/** Makes the guardian that goes on with the log of a cleanly stopped node, and a copy of it. */
export async function handOver(job: HandingOver): Promise<Takeover> {
  const ownerKeyFile = join(job.guardian, 'owner.key');
  const owner = await openOwner(ownerKeyFile, job.passphrase);
  const { guardian, data: copy } = foldersIn(job.into);
  const to = { guardian, data: job.withLog ? copy : job.data };
  const database = join(to.guardian, 'guardian.db');
  checkpointed(join(job.guardian, 'guardian.db'));
  copyFileSync(join(job.guardian, 'guardian.db'), database);
  if (job.withLog) cpSync(job.data, to.data, { recursive: true });
  const store = new GuardianStore(database);
  try {
    const node = store.seals.get<SealedHead>(keys.node);
    const row = store.seals.sealRow();
    if (!node || !row) throw new Refused('handover.empty', 'this node has sealed nothing yet');
    sealedWhole(job.data, lastSealed(row));
    store.forgetApprovals();
    const taking = { job, owner, to, heads: store.seals, reason: 'handover' as const };
    const genesis = { ...node, guardian_key: genesisKeyOf(job.guardian, node) };
    const ownerKey = readFileSync(ownerKeyFile, 'utf8');
    return await takeOver(taking, { node, genesis, last: lastSealed(row), ownerKey });
  } finally {
    store.close();
  }
}

type Taking = {
  readonly job: NodeFolders;
  readonly owner: HybridKey;
  readonly to: NodeFolders;
  readonly heads: { get<T>(key: HeadKey): T | undefined };
  readonly reason: ChangeEpoch['reason'];
};

type Taken = {
  readonly node: SealedHead;
  readonly genesis: Pick<Genesis, 'demo' | 'epoch' | 'guardian_key'>;
  readonly last: LastSealed;
  readonly ownerKey: string;
};

/** The new seal key, the owner's signature for every log, and the guardian's configuration. */
async function takeOver(
  { job, owner, to, heads, reason }: Taking,
  { node, genesis, last, ownerKey }: Taken,
): Promise<Takeover> {
  if (owner.keyId !== keyId(node.owner_key)) {
    throw new Refused('restore.other_owner', "this is not the key of the node's owner");
  }
  const next = createSealKey(join(to.guardian, 'seal.key'));
  const appointing = { owner, next, reason, ...heldBefore(job.guardian) };
  const change = await appoint(nodeDomainOf(node.node_id), node, last, appointing);
  const domains = await takeDomains({
    from: job,
    to,
    heads,
    appointing: { ...appointing, reason: 'handover' },
  });
  const config: GuardianConfig = {
    demo: genesis.demo,
    epoch: '0',
    genesis_key: genesis.guardian_key,
    epoch_changes: { ...domains.changes, [nodeDomainOf(node.node_id)]: change },
  };
  writeDurably(join(to.guardian, 'owner.key'), ownerKey);
  writeDurably(join(to.guardian, 'guardian.json'), `${JSON.stringify(config)}\n`);
  const { epoch } = change;
  const names = Object.keys(domains.changes);
  return { node_id: node.node_id, epoch, size: last.size, domains: names, left: domains.left };
}

function foldersIn(into: string): NodeFolders {
  return { guardian: makeFolder(join(into, 'guardian')), data: join(into, 'data') };
}

/** Throws unless the log ends with what was sealed: a change of epoch can stand nowhere else. */
function sealedWhole(folder: string, { size, note }: LastSealed): void {
  try {
    checkWhole(folder, size, note);
  } catch (fault) {
    const why = fault instanceof Error ? fault.message : String(fault);
    const message = `${why}: start and stop the node once, or restore it from a backup`;
    throw new Refused('handover.not_whole', message);
  }
}
