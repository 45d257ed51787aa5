import { copyFileSync, cpSync } from 'node:fs';
import { join } from 'node:path';
import { SqliteStore } from '@ioi/agentgres/shell';
import { keyId } from '@ioi/crypto';
import type { GuardianConfig } from '@ioi/guardian';
import { createSealKey, GuardianStore, handOnVault } from '@ioi/guardian/shell';
import { keys, nodeDomainOf } from '@ioi/law';
import type {
  ChangeEpoch,
  Genesis,
  HeadKey,
  LogEntry,
  NodeFolders,
  OwnerSource,
  RecoveryJob,
  Takeover,
} from '@ioi/protocol';
import { appoint, type LastSealed, lastSealed, type SealedHead } from './appoint.ts';
import { carryBeside, carryFiles, carryPackages } from './carry.ts';
import { contentsFrom } from './contents.ts';
import { sealedWhole, takeDomains } from './domains.ts';
import { foldersIn, makeFolder, writeDurably } from './files.ts';
import { foldBackup } from './fold-backup.ts';
import { checkpointed, genesisKeyOf, heldBefore, notesIn } from './guardian-folder.ts';
import { checkContents, knownSizeOf } from './known.ts';
import { type OpenedOwner, openOwner, writeOwnerFiles } from './owner.ts';
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
  const owner = await openOwner(job.owner);
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
    if (job.contents !== undefined) {
      checkContents(job.contents, folded.node);
      carryFiles(job, to, store);
    }
    const damaged = carryPackages(job.data, to.data);
    const last = { ...folded, knownSize: knownSizeOf(job, folded) };
    const taken = { store, node: folded.node, genesis, last, source: job.owner };
    const takeover = await takeOver(taking, taken);
    return damaged.length === 0 ? takeover : { ...takeover, packages_damaged: damaged };
  } finally {
    contents.close();
    log.close();
    store.close();
  }
}

/** Makes the guardian that goes on with the log of a cleanly stopped node, and a copy of it. */
export async function handOver(job: HandingOver): Promise<Takeover> {
  const ownerKeyFile = join(job.guardian, 'owner.key');
  const source = { kind: 'key_file', path: ownerKeyFile, passphrase: job.passphrase } as const;
  const owner = await openOwner(source);
  const { guardian, data: copy } = foldersIn(job.into);
  const to = { guardian, data: job.withLog ? copy : job.data };
  const database = join(to.guardian, 'guardian.db');
  checkpointed(join(job.guardian, 'guardian.db'));
  copyFileSync(join(job.guardian, 'guardian.db'), database);
  carryBeside(job.guardian, to.guardian);
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
    return await takeOver(taking, { store, node, genesis, last: lastSealed(row), source });
  } finally {
    store.close();
  }
}

type Taking = {
  readonly job: NodeFolders;
  readonly owner: OpenedOwner;
  readonly to: NodeFolders;
  readonly heads: { get<T>(key: HeadKey): T | undefined };
  readonly reason: ChangeEpoch['reason'];
};

type Taken = {
  readonly store: GuardianStore;
  readonly node: SealedHead;
  readonly genesis: Pick<Genesis, 'demo' | 'epoch' | 'guardian_key'>;
  readonly last: LastSealed;
  readonly source: OwnerSource;
};

/** The new seal key, the owner's signature for every log, and the guardian's configuration. */
async function takeOver(
  { job, owner, to, heads, reason }: Taking,
  { store, node, genesis, last, source }: Taken,
): Promise<Takeover> {
  if (owner.key.keyId !== keyId(node.owner_key)) {
    throw new Refused('restore.other_owner', "this is not the key of the node's owner");
  }
  const next = createSealKey(join(to.guardian, 'seal.key'));
  handOnVault({ folder: to.guardian, anchor: store.vault, owner: owner.key, sealKey: next });
  const appointing = {
    owner: owner.key,
    next,
    reason,
    ...heldBefore(job.guardian),
    ...notesIn(job.guardian),
  };
  const change = await appoint(nodeDomainOf(node.node_id), node, last, appointing);
  const domains = await takeDomains({
    from: job,
    to,
    heads,
    // In a backup they end where it was made; beside the log here they are whole.
    appointing: { ...appointing, reason: appointing.notes ? reason : 'handover' },
  });
  const config: GuardianConfig = {
    demo: genesis.demo,
    epoch: '0',
    genesis_key: genesis.guardian_key,
    epoch_changes: { ...domains.changes, [nodeDomainOf(node.node_id)]: change },
  };
  await writeOwnerFiles(to.guardian, owner, source);
  writeDurably(join(to.guardian, 'guardian.json'), `${JSON.stringify(config)}\n`);
  const { epoch } = change;
  const names = Object.keys(domains.changes);
  const { size, knownSize } = last;
  const known = knownSize === undefined ? {} : { known_size: knownSize };
  const { left } = domains;
  return { node_id: node.node_id, epoch, size, domains: names, left, ...known };
}
